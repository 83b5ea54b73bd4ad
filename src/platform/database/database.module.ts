import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/index.js';
import { Metrics } from '../telemetry/index.js';
import { connectionsOf } from './connections.js';
import { Database } from './database.js';
import { PoolGroup } from './pool-group.js';
import { Listener } from './listener.js';
import { Notifier } from './notifier.js';
import { Peers } from './peers.js';
import { PoolMetrics } from './pool-metrics.js';
import { poolOptions } from './pool-options.js';

/** A separate {@link Database} for the event log, so that requests never delay a running answer. */
export const LOG_DATABASE = Symbol('LogDatabase');
const LOG_POOL = Symbol('LogPool');

/**
 * How many connections for requests and for the log are kept open, so that requests are answered and answers stored even
 * if others use up the server's limit.
 */
const KEPT_OPEN = 1;

/** A separate {@link Database} for ingestion, with two connections. */
export const INGESTION_DATABASE = Symbol('IngestionDatabase');
const INGESTION_POOL = Symbol('IngestionPool');

/** A separate {@link Database} for searches, whose statements have a short time-out: they never delay other work. */
export const SEARCH_DATABASE = Symbol('SearchDatabase');
const SEARCH_POOL = Symbol('SearchPool');

/**
 * Connections to Postgres for the whole process: TypeORM's pool, three small ones for work that must not be delayed by
 * it, and one that listens.
 */
@Global()
@Module({})
export class DatabaseModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(LOG_POOL) private readonly logPool: pg.Pool,
    @Inject(INGESTION_POOL) private readonly ingestionPool: pg.Pool,
    @Inject(SEARCH_POOL) private readonly searchPool: pg.Pool,
    private readonly listener: Listener,
    private readonly notifier: Notifier,
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
            extra: {
              ...poolOptions(connectionString, { isPooled: isPooled(config) }),
              max: connectionsOf(config).requests,
              min: KEPT_OPEN,
            },
            // TypeORM would otherwise install uuid-ossp; ids are made by the application.
            installExtensions: false,
            retryAttempts: 3,
            retryDelay: 1_000,
          }),
        }),
      ],
      providers: [
        PoolGroup,
        Peers,
        {
          provide: Database,
          inject: [getDataSourceToken(), PoolGroup, CONFIG],
          useFactory: (dataSource: DataSource, link: PoolGroup, config: Config) =>
            new Database(poolOf(dataSource), link, !isPooled(config)),
        },
        poolFor(LOG_POOL, 'log', connectionString, KEPT_OPEN),
        poolFor(INGESTION_POOL, 'ingestion', connectionString),
        poolFor(SEARCH_POOL, 'search', connectionString),
        databaseOn(LOG_DATABASE, LOG_POOL),
        databaseOn(INGESTION_DATABASE, INGESTION_POOL),
        databaseOn(SEARCH_DATABASE, SEARCH_POOL),
        {
          provide: PoolMetrics,
          inject: [Metrics, Database, LOG_DATABASE, INGESTION_DATABASE, SEARCH_DATABASE],
          useFactory: (metrics: Metrics, ...pools: Database[]) => new PoolMetrics(metrics, pools),
        },
        {
          provide: Notifier,
          inject: [LOG_DATABASE],
          useFactory: (database: Database) => new Notifier(database),
        },
        {
          provide: Listener,
          inject: [CONFIG, PoolGroup],
          useFactory: ({ DATABASE_DIRECT_URL }: Config, link: PoolGroup) =>
            new Listener(DATABASE_DIRECT_URL ?? connectionString, link),
        },
      ],
      exports: [
        ...[Database, LOG_DATABASE, INGESTION_DATABASE, SEARCH_DATABASE],
        ...[Listener, Notifier, PoolGroup, Peers],
      ],
    };
  }

  /** The pools open their connections when they are first used: the first turn may come when there is none left. */
  async onModuleInit(): Promise<void> {
    const client = await this.logPool.connect();
    client.release();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.notifier.close();
    const pools = [this.logPool, this.ingestionPool, this.searchPool];
    await Promise.all([...pools.map((pool) => pool.end()), this.listener.close()]);
  }
}

function poolFor(
  provide: symbol,
  purpose: 'log' | 'ingestion' | 'search',
  connectionString: string,
  min = 0,
): Provider {
  return {
    provide,
    inject: [CONFIG],
    useFactory: (config: Config) =>
      new pg.Pool({
        ...poolOptions(connectionString, { purpose, isPooled: isPooled(config) }),
        max: connectionsOf(config)[purpose],
        min,
      }),
  };
}

function databaseOn(provide: symbol, pool: symbol): Provider {
  return {
    provide,
    inject: [pool, PoolGroup, CONFIG],
    useFactory: (its: pg.Pool, link: PoolGroup, config: Config) => new Database(its, link, !isPooled(config)),
  };
}

/** A direct address is configured only if the other one leads through a pooler. */
function isPooled({ DATABASE_DIRECT_URL }: Config): boolean {
  return DATABASE_DIRECT_URL !== undefined;
}

/** TypeORM's pg pool: our statements are prepared by name, which TypeORM's own API cannot do. */
function poolOf(dataSource: DataSource): pg.Pool {
  const pool = (dataSource.driver as { readonly master?: unknown }).master;
  if (!(pool instanceof pg.Pool)) throw new Error('TypeORM no longer keeps its pg pool in driver.master');
  return pool;
}
