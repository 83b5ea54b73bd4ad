import { Logger } from '@nestjs/common';
import type { AppError } from '../../kernel/index.js';
import { toClientError } from './to-client-error.js';

const logger = new Logger('Error');

/**
 * Why a stream breaks off, as its client is told. An answer that has begun does not pass the filter of errors, so what is
 * our fault is logged here.
 */
export function streamError(thrown: unknown, requestId: string): AppError {
  const error = toClientError(thrown, requestId);
  if (error.code === 'INTERNAL')
    logger.error(thrown instanceof Error ? thrown : new Error('not an Error was thrown'));
  return error;
}
