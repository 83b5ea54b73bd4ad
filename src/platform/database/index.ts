export { Database, databaseError, DEADLOCK, QUERY_CANCELED, UNIQUE_VIOLATION } from './database.js';
export {
  DatabaseModule,
  INGESTION_DATABASE,
  LOG_DATABASE,
  SEARCH_CONNECTIONS,
  SEARCH_DATABASE,
} from './database.module.js';
export { Listener } from './listener.js';
export { migrate, MigrationError, QUEUE_SCHEMA } from './migrate.js';
export { poolOptions } from './pool-options.js';
export { isLockHeld } from './session-lock.js';
export { sql, type Queryable, type Sql } from './sql.js';
