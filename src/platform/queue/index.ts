export { QUEUE_CONNECTION, type QueueConnection } from './queue-connection.js';
export { QueueHealth } from './queue-health.js';
export { QueueModule } from './queue.module.js';
export { QueueWorkers } from './queue-workers.js';
export { hasRedisDatabase } from './redis-database.js';
