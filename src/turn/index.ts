export { CancelTurn } from './app/cancel-turn.js';
export { DrainTurns } from './app/drain-turns.js';
export { StartTurn, type StartedTurn } from './app/start-turn.js';
export { ThreadFeeds } from './app/thread-feeds.js';
export { TurnGate } from './app/turn-gate.js';
export { WatchThread } from './app/watch-thread.js';
export { dataOf, isOfType, type LoggedEvent } from './core/logged-event.js';
export type { Turn } from './core/turn.js';
export { TURN_EVENT_LOG, type TurnEventLog } from './ports/turn-event-log.js';
export type {
  ExecutorEvent,
  TurnContext,
  TurnExecutor,
  TurnRequest,
  TurnResult,
} from './ports/turn-executor.js';
export { TURN_STORE, type TurnStore } from './ports/turn-store.js';
export { TurnModule } from './turn.module.js';
