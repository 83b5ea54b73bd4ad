export {
  JobDeferred,
  type AddJobOptions,
  type JobContext,
  type JobHandler,
  type JobKind,
} from './job-kind.js';
export { JobQueue, UnhandledJobsError } from './job-queue.js';
export { JobsModule } from './jobs.module.js';
export { hasRedisDatabase } from './redis-database.js';
