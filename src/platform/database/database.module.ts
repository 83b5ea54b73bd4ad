import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/index.js';
import { Database } from './database.js';
import { Listener } from './listener.js';
import { poolOptions } from './pool-options.js';

/**
 * A {@link Database} whose commits do not wait for the disk (`synchronous_commit=off`): for the pieces of an
 * answer on their way to the log. A crash of Postgres itself may lose the last fraction of a second of them;
 * a crash of this process loses none.
 */
export const ASYNC_COMMIT_DATABASE = Symbol('AsyncCommitDatabase');
const ASYNC_POOL = Symbol('AsyncPool');

/** Connections to Postgres for the whole process: TypeORM's pool, the log's pool and one that listens. */
@Global()
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    @Inject(ASYNC_POOL) private readonly asyncPool: pg.Pool,
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
        { provide: ASYNC_POOL, useFactory: () => asyncCommitPool(connectionString) },
        {
          provide: ASYNC_COMMIT_DATABASE,
          inject: [ASYNC_POOL],
          useFactory: (pool: pg.Pool) => new Database(pool),
        },
        { provide: Listener, useFactory: () => new Listener(connectionString) },
      ],
      exports: [Database, ASYNC_COMMIT_DATABASE, Listener],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.asyncPool.end(), this.listener.close()]);
  }
}

/** The pg pool that TypeORM holds: statements of ours are prepared by name, which its own API cannot do. */
function poolOf(dataSource: DataSource): pg.Pool {
  const pool = (dataSource.driver as { readonly master?: unknown }).master;
  if (!(pool instanceof pg.Pool)) throw new Error('TypeORM no longer keeps its pg pool in driver.master');
  pool.on('error', () => undefined);
  return pool;
}

function asyncCommitPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({
    ...poolOptions(connectionString),
    max: 2,
    options: '-c synchronous_commit=off',
  });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}
