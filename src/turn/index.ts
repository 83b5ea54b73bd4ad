export * as turnSql from './adapters/turn-sql.js';
export { AnswerInput } from './app/answer-input.js';
export { CancelTurn } from './app/cancel-turn.js';
export { DrainTurns } from './app/drain-turns.js';
export { Heartbeat } from './app/heartbeat.js';
export { StartTurn, type OnBusy, type StartedTurn } from './app/start-turn.js';
export { StatelessTurns, type StatelessTurn } from './app/stateless-turns.js';
export { DrainState } from './app/drain-state.js';
export type { Turn } from './core/turn.js';
export { ACCEPTED_ALONG_SQL, type AcceptedAlongSql } from './ports/accepted-along-sql.js';
export { TOLD_ALONG, type ToldAlong } from './ports/told-along.js';
export { ENDED_ALONG, type EndedAlong } from './ports/ended-along.js';
export type { ExecutedTurn, TurnContext, TurnExecutor } from './ports/turn-executor.js';
export {
  INPUT_STORE,
  withheldInput,
  type Input,
  type InputAnswer,
  type InputPage,
  type InputStatus,
  type InputStore,
} from './ports/input-store.js';
export { TURN_STORE, type TurnStore } from './ports/turn-store.js';
export { TurnModule } from './turn.module.js';
