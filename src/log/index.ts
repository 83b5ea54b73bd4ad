export * as logSql from './adapters/log-sql.js';
export { CompactEvents } from './app/compact-events.js';
export { GroupCommit } from './app/group-commit.js';
export { LogMetrics } from './app/log-metrics.js';
export { LogWakeUps } from './app/log-wake-ups.js';
export { ThreadFeeds } from './app/thread-feeds.js';
export { TurnWriter } from './app/turn-writer.js';
export type { EventWatch } from './app/event-watch.js';
export { WatchThread, type PreparedWatch } from './app/watch-thread.js';
export {
  CompactedCursorError,
  EventRefusedError,
  LeaseLostError,
  TurnHandedOver,
  TurnStopped,
} from './core/errors.js';
export { dataOf, eventOf, isOfType, pieceData, unknownEvent, type LoggedEvent } from './core/logged-event.js';
export { LogModule } from './log.module.js';
export { COMPACTION_SQL, type CompactionSql } from './ports/compaction-sql.js';
export { LIVE_LOG, type LiveLog } from './ports/live-log.js';
export { TURN_EVENT_LOG, type TurnEventLog } from './ports/turn-event-log.js';
