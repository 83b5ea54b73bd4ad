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

/** Connections to Postgres for the whole process: TypeORM's pool, the log's pool and one that listens. */
@Global()
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    @Inject(LOG_POOL) private readonly logPool: pg.Pool,
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
        { provide: LOG_POOL, useFactory: () => createLogPool(connectionString) },
        {
          provide: LOG_DATABASE,
          inject: [LOG_POOL],
          useFactory: (pool: pg.Pool) => new Database(pool),
        },
        { provide: Listener, useFactory: () => new Listener(connectionString) },
      ],
      exports: [Database, LOG_DATABASE, Listener],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.logPool.end(), this.listener.close()]);
  }
}

/** The pg pool that TypeORM holds: statements of ours are prepared by name, which its own API cannot do. */
function poolOf(dataSource: DataSource): pg.Pool {
  const pool = (dataSource.driver as { readonly master?: unknown }).master;
  if (!(pool instanceof pg.Pool)) throw new Error('TypeORM no longer keeps its pg pool in driver.master');
  pool.on('error', () => undefined);
  return pool;
}

function createLogPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({
    ...poolOptions(connectionString),
    max: 2,
  });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}
