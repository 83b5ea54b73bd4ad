import {
  Global,
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';
import { connectionsOf, PoolGroup } from '../database/index.js';
import type { JobKind } from './job-kind.js';
import { JobQueue } from './job-queue.js';
import { PostgresQueueConnection } from './postgres-queue-connection.js';
import { QUEUE_CONNECTION, type QueueConnection } from './queue-connection.js';
import { QueueHealth } from './queue-health.js';
import { RedisQueueConnection } from './redis-queue-connection.js';

/** Jobs for the whole process, on BullMQ: in Redis when there is a `REDIS_URL`, in Postgres otherwise. */
@Global()
@Module({})
export class JobsModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(QUEUE_CONNECTION) private readonly connection: QueueConnection,
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE'>,
    private readonly health: QueueHealth,
    private readonly jobs: JobQueue,
  ) {}

  static connect(connectionString: string): DynamicModule {
    return {
      module: JobsModule,
      providers: [
        QueueHealth,
        JobQueue,
        {
          provide: QUEUE_CONNECTION,
          inject: [CONFIG, QueueHealth, { token: PoolGroup, optional: true }],
          // LISTEN does not work through a pooler.
          useFactory: (config: Config, health: QueueHealth, link?: PoolGroup): QueueConnection =>
            config.REDIS_URL === undefined
              ? new PostgresQueueConnection(
                  config.DATABASE_DIRECT_URL ?? connectionString,
                  connectionsOf(config).queue,
                  health,
                  link,
                )
              : new RedisQueueConnection(config.REDIS_URL, health),
        },
      ],
      exports: [JobQueue],
    };
  }

  /** Declares the kinds of job of the module that imports this. */
  static kinds(...kinds: readonly JobKind[]): DynamicModule {
    const declared = {
      provide: Symbol('DeclaredJobKinds'),
      inject: [JobQueue],
      useFactory: (jobs: JobQueue) => kinds.forEach((kind) => jobs.declare(kind)),
    };
    return { module: DeclaredJobKinds, providers: [declared] };
  }

  /** Every module has registered its handlers by now. A process with the role `api` adds jobs and runs none. */
  onApplicationBootstrap(): void {
    if (this.config.ROLE !== 'api') this.jobs.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.health.close();
    await this.jobs.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.close();
  }
}

@Module({})
class DeclaredJobKinds {}
