import { Global, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG, type Config } from '../platform/config/index.js';
import { Database, Listener, LOG_DATABASE, Notifier } from '../platform/database/index.js';
import { NoLiveLog } from './adapters/no-live-log.js';
import { PostgresEventRetention } from './adapters/postgres-event-retention.js';
import { PostgresTurnEventLog } from './adapters/postgres-turn-event-log.js';
import { RedisLiveLog } from './adapters/redis-live-log.js';
import { CompactEvents } from './app/compact-events.js';
import { GroupCommit } from './app/group-commit.js';
import { LogMetrics } from './app/log-metrics.js';
import { LogWakeUps } from './app/log-wake-ups.js';
import { ThreadFeeds } from './app/thread-feeds.js';
import { WatchThread } from './app/watch-thread.js';
import { EVENT_RETENTION } from './ports/event-retention.js';
import { LIVE_LOG } from './ports/live-log.js';
import { TURN_EVENT_LOG } from './ports/turn-event-log.js';

/** The event log: written by one writer per turn, read by cursor, watched, and compacted. */
@Global()
@Module({
  providers: [
    {
      provide: TURN_EVENT_LOG,
      inject: [Database, LOG_DATABASE, Listener, Notifier],
      useFactory: (database: Database, writing: Database, listener: Listener, notifier: Notifier) =>
        new PostgresTurnEventLog(database, writing, listener, notifier),
    },
    { provide: EVENT_RETENTION, useClass: PostgresEventRetention },
    {
      provide: LIVE_LOG,
      inject: [CONFIG],
      useFactory: ({ REDIS_URL }: Config) =>
        REDIS_URL === undefined ? new NoLiveLog() : new RedisLiveLog(REDIS_URL),
    },
    CompactEvents,
    GroupCommit,
    LogMetrics,
    LogWakeUps,
    ThreadFeeds,
    WatchThread,
  ],
  exports: [LIVE_LOG, TURN_EVENT_LOG, CompactEvents, GroupCommit, LogWakeUps, ThreadFeeds, WatchThread],
})
export class LogModule implements OnApplicationBootstrap {
  constructor(private readonly wakeUps: LogWakeUps) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.wakeUps.start();
  }
}
