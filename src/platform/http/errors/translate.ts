import { HttpException, Logger } from '@nestjs/common';
import { AppError, toAppError, type ErrorCode } from '../../../kernel/index.js';
import { databaseError, outOfReach } from '../../database/index.js';

/** The error for each status with which Nest, Fastify or a plugin responds by itself. */
const BY_STATUS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['VALIDATION_FAILED', 'The request could not be read. Check its syntax and send it again.'],
  401: ['UNAUTHENTICATED', 'Send a token in the header `Authorization: Bearer <token>`.'],
  403: ['FORBIDDEN', 'You are not allowed to do this.'],
  404: ['NOT_FOUND', 'There is nothing at this address. See /docs for what there is.'],
  405: ['NOT_FOUND', 'There is nothing at this address for this method. See /docs for what there is.'],
  406: ['UNSUPPORTED_MEDIA_TYPE', 'This kind of body is not taken here. Send application/json.'],
  409: ['STATE_CONFLICT', 'This cannot be done in the present state. Read it again and retry.'],
  413: ['PAYLOAD_TOO_LARGE', 'The request is too large. Send less at once.'],
  414: ['NOT_FOUND', 'There is nothing at this address: it is too long.'],
  415: ['UNSUPPORTED_MEDIA_TYPE', 'This kind of body is not taken here. Send application/json.'],
  422: ['VALIDATION_FAILED', 'The request could not be understood. Check it and send it again.'],
  429: ['RATE_LIMITED', 'Too many requests. Wait a moment and try again.'],
};

/** Messages for Fastify codes that are more specific than their status. */
const BY_FASTIFY_CODE: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not valid JSON. Check its syntax and send it again.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body is not as long as its Content-Length says. Send it again.',
  FST_ERR_BAD_URL: 'The address is not a valid URL. Check its percent-encoding.',
  FST_REQ_FILE_TOO_LARGE: 'The file is too large. Send a smaller one, or split it.',
  FST_FILES_LIMIT: 'Send one file at a time.',
};

/** SQLSTATEs for text that Postgres cannot hold. */
const UNSTORABLE_TEXT = ['22021', '22P05'];

const logger = new Logger('Error');

/** Node.js's error for a request that takes too long, thrown for requests that we time out earlier. */
export class RequestTimeout extends Error {
  readonly code = 'ERR_HTTP_REQUEST_TIMEOUT';
}

/**
 * Any thrown value as an error of the catalogue. Unexpected errors become `INTERNAL` with the request's id and nothing
 * of their own text.
 */
export function toClientError(thrown: unknown, requestId: string): AppError {
  if (thrown instanceof AppError)
    return thrown.code === 'INTERNAL' ? withRequestId(thrown, requestId) : thrown;
  return fromFramework(thrown) ?? fromDatabase(thrown, requestId) ?? toAppError(thrown, requestId);
}

/** The error that ends a stream. It does not pass the error filter, so server errors are logged here. */
export function streamError(thrown: unknown, requestId: string): AppError {
  const error = toClientError(thrown, requestId);
  if (error.code === 'INTERNAL')
    logger.error(thrown instanceof Error ? thrown : new Error('not an Error was thrown'));
  return error;
}

/** The error for a request that Node.js could not parse, by its code. */
export function parserError(code: string | undefined): AppError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new AppError('PAYLOAD_TOO_LARGE', 'The headers are too large. Send fewer or shorter ones.');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new AppError('VALIDATION_FAILED', 'The request took too long to arrive. Send it again.', {
      retryable: true,
    });
  }
  return new AppError('VALIDATION_FAILED', 'This is not a valid HTTP request. Check how it is built.');
}

/** Whether a body turned out to be larger than the route takes. */
export function isBodyTooLarge(thrown: unknown): boolean {
  return fastifyCode(thrown) === 'FST_ERR_CTP_BODY_TOO_LARGE';
}

function fromFramework(thrown: unknown): AppError | undefined {
  const status = frameworkStatus(thrown);
  const known = status === undefined ? undefined : BY_STATUS[status];
  if (known === undefined) return undefined;
  const [code, message] = known;
  return new AppError(code, BY_FASTIFY_CODE[fastifyCode(thrown) ?? ''] ?? message, {
    cause: thrown,
    ...(code === 'RATE_LIMITED' ? { retryAfter: 1 } : {}),
  });
}

/** A library's error may have the status of an upstream response: only Nest's and Fastify's are about this request. */
function frameworkStatus(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const { statusCode, code } = (thrown ?? {}) as { statusCode?: unknown; code?: unknown };
  const aboutRequest = fastifyCode(thrown) !== undefined || (code === 'ECONNRESET' && statusCode === 400);
  return aboutRequest && typeof statusCode === 'number' ? statusCode : undefined;
}

function fastifyCode(thrown: unknown): string | undefined {
  const error = thrown instanceof HttpException ? thrown.cause : thrown;
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && code.startsWith('FST_') ? code : undefined;
}

function fromDatabase(thrown: unknown, requestId: string): AppError | undefined {
  if (UNSTORABLE_TEXT.includes(databaseError(thrown)?.code ?? '')) {
    return new AppError(
      'VALIDATION_FAILED',
      'The text contains a character that cannot be stored. Remove it.',
      {
        cause: thrown,
      },
    );
  }
  return outOfReach(thrown, requestId);
}

function withRequestId(error: AppError, requestId: string): AppError {
  return new AppError('INTERNAL', error.message, {
    cause: error,
    retryable: error.retryable,
    details: { ...error.details, requestId },
    ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
  });
}
