export * as threadSql from './adapters/thread-sql.js';
export type { ReceivedMessage } from './adapters/thread-sql.js';
export * as userEventSql from './adapters/user-event-sql.js';
export { ListThreads } from './app/list-threads.js';
export { branchTooDeep } from './core/branch-depth.js';
export { MAX_QUERY_CHARS } from './core/ngram-bitmap.js';
export type { Thread } from './core/thread.js';
export { titleFrom } from './core/title.js';
export { JOINED_TABLES_SQL, type JoinedTablesSql } from './ports/joined-tables-sql.js';
export {
  MESSAGE_STORE,
  type History,
  type MessagePage,
  type MessagePosition,
  type MessageStore,
} from './ports/message-store.js';
export { RESULT_PARTS, type NewPart, type ResultParts, type ServedPart } from './ports/result-parts.js';
export {
  THREAD_STORE,
  type AnswerSnapshot,
  type HeadMove,
  type ThreadPage,
  type ThreadPosition,
  type ThreadStore,
} from './ports/thread-store.js';
export { ThreadModule } from './thread.module.js';
