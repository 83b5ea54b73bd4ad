export { CancelTurn } from './app/cancel-turn.js';
export { DrainTurns } from './app/drain-turns.js';
export { StartTurn, type OnBusy, type StartedTurn } from './app/start-turn.js';
export { StatelessTurns, type StatelessWork } from './app/stateless-turns.js';
export { ThreadFeeds } from './app/thread-feeds.js';
export { TurnGate } from './app/turn-gate.js';
export { WatchThread } from './app/watch-thread.js';
export { CompactedCursorError } from './core/compacted-cursor.js';
export { dataOf, isOfType, type LoggedEvent } from './core/logged-event.js';
export type { Turn } from './core/turn.js';
export type {
  CompletedStep,
  ExecutorEvent,
  TurnContext,
  TurnExecutor,
  TurnRequest,
} from './ports/turn-executor.js';
export { LIVE_LOG, type LiveLog } from './ports/live-log.js';
export { PEERS, type Peers } from './ports/peers.js';
export { TURN_STORE, type TurnStore } from './ports/turn-store.js';
export { TurnModule } from './turn.module.js';
