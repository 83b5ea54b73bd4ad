export { Logger } from 'nestjs-pino';
export { describeError } from './describe-error.js';
export { LOG_DESTINATION, LoggingModule } from './logging.module.js';
export { withRequestId } from './request-context.js';
