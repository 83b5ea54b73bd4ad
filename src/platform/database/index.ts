export { checkDatabase } from './check-database.js';
export {
  connectionsNeeded,
  connectionsOf,
  MIN_QUEUE_CONNECTIONS,
  SEARCH_CONNECTIONS,
} from './connections.js';
export { Database } from './database.js';
export { DatabaseModule, INGESTION_DATABASE, LOG_DATABASE, SEARCH_DATABASE } from './database.module.js';
export {
  databaseError,
  DEADLOCK,
  isInvalidData,
  isOutOfReach,
  isPermanent,
  isTimeout,
  outOfReach,
  QUERY_CANCELED,
  ReadOnlyDatabaseError,
  UNIQUE_VIOLATION,
} from './faults.js';
export { describeDatabaseError } from './describe-database-error.js';
export { keepTrying } from './keep-trying.js';
export { PoolGroup } from './pool-group.js';
export { Listener } from './listener.js';
export { migrate, MigrationError, QUEUE_SCHEMA } from './migrate.js';
export { Notifier } from './notifier.js';
export { Peers } from './peers.js';
export { poolOptions } from './pool-options.js';
export type { Schema } from './schema.js';
export { prepareSession, UnfitDatabaseError } from './session.js';
export { destroy, connectWithRetry } from './session-pool.js';
export { namedStatements, sql, type Queryable, type Sql } from './sql.js';
