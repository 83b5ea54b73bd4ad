export { Database, databaseError, UNIQUE_VIOLATION } from './database.js';
export { LOG_DATABASE, DatabaseModule } from './database.module.js';
export { Listener } from './listener.js';
export { migrate } from './migrate.js';
export { sql, type Queryable, type Sql } from './sql.js';
