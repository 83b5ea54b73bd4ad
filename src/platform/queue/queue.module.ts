import { BullModule } from '@nestjs/bullmq';
import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { QueueOptions } from 'bullmq';
import { CONFIG, type Config } from '../config/index.js';
import { connectionsOf, Link } from '../database/index.js';
import { ConnectedQueue, ConnectedWorker } from './connected-classes.js';
import { PostgresQueueConnection } from './postgres-queue-connection.js';
import { QUEUE_CONNECTION, type QueueConnection } from './queue-connection.js';
import { QueueHealth } from './queue-health.js';
import { QueueWorkers } from './queue-workers.js';
import { RedisQueueConnection } from './redis-queue-connection.js';

/** What happened to jobs is told to nobody, so that little of it is kept. */
const KEPT_EVENTS = 100;

/** BullMQ for the whole process: on Redis when there is a `REDIS_URL`, on Postgres otherwise. */
@Global()
@Module({})
export class QueueModule implements OnApplicationShutdown {
  constructor(
    @Inject(QUEUE_CONNECTION) private readonly connection: QueueConnection,
    private readonly health: QueueHealth,
  ) {}

  static connect(connectionString: string): DynamicModule {
    const queues = BullModule.forRootAsync({
      inject: [QUEUE_CONNECTION],
      useFactory: queueOptions,
      extraOptions: { manualRegistration: true },
    });
    return {
      module: QueueModule,
      imports: [queues],
      providers: [
        QueueHealth,
        QueueWorkers,
        {
          provide: QUEUE_CONNECTION,
          inject: [CONFIG, QueueHealth, { token: Link, optional: true }],
          // It listens, which no pooler in between carries.
          useFactory: (config: Config, health: QueueHealth, link?: Link): QueueConnection =>
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
      exports: [QUEUE_CONNECTION, QueueHealth, QueueWorkers],
    };
  }

  /** A queue by its name, for the module that imports this: `@InjectQueue(name)`, and `@Processor(name)` if it consumes. */
  static queue(name: string): DynamicModule {
    BullModule.queueClass = ConnectedQueue;
    BullModule.workerClass = ConnectedWorker;
    return BullModule.registerQueue({ name });
  }

  async onApplicationShutdown(): Promise<void> {
    this.health.close();
    await this.connection.close();
  }
}

function queueOptions(connection: QueueConnection): QueueOptions {
  return {
    connection,
    prefix: 'threadline',
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true, stackTraceLimit: 0, keepLogs: 0 },
    streams: { events: { maxLen: KEPT_EVENTS } },
  };
}
