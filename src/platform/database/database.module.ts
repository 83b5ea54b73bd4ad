import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/index.js';
import { Database } from './database.js';
import { Listener } from './listener.js';
import { poolOptions } from './pool-options.js';

/** A {@link Database} of its own for the event log, so that requests never keep a running answer waiting. */
export const LOG_DATABASE = Symbol('LogDatabase');
const LOG_POOL = Symbol('LogPool');

/** A {@link Database} of its own for taking documents in: two connections, however much is put in. */
export const INGESTION_DATABASE = Symbol('IngestionDatabase');
const INGESTION_POOL = Symbol('IngestionPool');

/** A {@link Database} of its own for searches, whose statements end within seconds: nobody else waits for them. */
export const SEARCH_DATABASE = Symbol('SearchDatabase');
const SEARCH_POOL = Symbol('SearchPool');

/** Connections for searches at most. */
export const SEARCH_CONNECTIONS = 4;
const SEARCH_MS = 5_000;
/** A batch takes a tenth of a second, writing down the largest content a second. */
const INGESTION_MS = 30_000;

/** Connections to Postgres for the whole process: TypeORM's pool, three small ones for what must not wait for each other, and one that listens. */
@Global()
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    @Inject(LOG_POOL) private readonly logPool: pg.Pool,
    @Inject(INGESTION_POOL) private readonly ingestionPool: pg.Pool,
    @Inject(SEARCH_POOL) private readonly searchPool: pg.Pool,
    private readonly listener: Listener,
  ) {}

  static connect(connectionString: string): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          inject: [CONFIG],
          useFactory: (config: Config) => ({
            type: 'postgres',
            url: connectionString,
            extra: { ...poolOptions(connectionString), max: config.DATABASE_POOL_SIZE },
            // TypeORM would install uuid-ossp otherwise; ids are made here.
            installExtensions: false,
            retryAttempts: 3,
            retryDelay: 1_000,
          }),
        }),
      ],
      providers: [
        {
          provide: Database,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new Database(poolOf(dataSource)),
        },
        { provide: LOG_POOL, useFactory: () => createPool(connectionString, { max: 2 }) },
        {
          provide: INGESTION_POOL,
          useFactory: () => createPool(connectionString, { max: 2, statement_timeout: INGESTION_MS }),
        },
        {
          provide: SEARCH_POOL,
          useFactory: () =>
            createPool(connectionString, { max: SEARCH_CONNECTIONS, statement_timeout: SEARCH_MS }),
        },
        { provide: LOG_DATABASE, inject: [LOG_POOL], useFactory: databaseOn },
        { provide: INGESTION_DATABASE, inject: [INGESTION_POOL], useFactory: databaseOn },
        { provide: SEARCH_DATABASE, inject: [SEARCH_POOL], useFactory: databaseOn },
        { provide: Listener, useFactory: () => new Listener(connectionString) },
      ],
      exports: [Database, LOG_DATABASE, INGESTION_DATABASE, SEARCH_DATABASE, Listener],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    const pools = [this.logPool, this.ingestionPool, this.searchPool];
    await Promise.all([...pools.map((pool) => pool.end()), this.listener.close()]);
  }
}

/** The pg pool that TypeORM holds: statements of ours are prepared by name, which its own API cannot do. */
function poolOf(dataSource: DataSource): pg.Pool {
  const pool = (dataSource.driver as { readonly master?: unknown }).master;
  if (!(pool instanceof pg.Pool)) throw new Error('TypeORM no longer keeps its pg pool in driver.master');
  pool.on('error', () => undefined);
  return pool;
}

function createPool(connectionString: string, options: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    ...poolOptions(connectionString),
    ...options,
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it, as its types do not say
    onConnect: withoutCompiler,
  });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}

/** Compiling a statement takes longer than running any of ours, and the planner cannot know. The pool waits for it. */
async function withoutCompiler(client: pg.ClientBase): Promise<void> {
  await client.query('SET jit = off');
}

function databaseOn(pool: pg.Pool): Database {
  return new Database(pool);
}
