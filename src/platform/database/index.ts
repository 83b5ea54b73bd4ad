export { Database, databaseError, DEADLOCK, UNIQUE_VIOLATION } from './database.js';
export { LOG_DATABASE, DatabaseModule } from './database.module.js';
export { Listener } from './listener.js';
export { migrate, MigrationError, QUEUE_SCHEMA } from './migrate.js';
export { poolOptions } from './pool-options.js';
export { isLockHeld } from './session-lock.js';
export { sql, type Queryable, type Sql } from './sql.js';
