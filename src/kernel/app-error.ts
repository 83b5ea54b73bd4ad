import { z } from 'zod';
import type { Inferred } from './schema.js';

/**
 * The catalogue of all errors that clients can get: HTTP status, reason phrase and whether the same request may succeed
 * later. `docs/errors.md` explains each.
 */
export const ERROR_CATALOGUE = {
  VALIDATION_FAILED: { status: 400, error: 'Bad Request', retryable: false },
  INVALID_CURSOR: { status: 400, error: 'Bad Request', retryable: false },
  UNKNOWN_PROVIDER: { status: 400, error: 'Bad Request', retryable: false },
  PROVIDER_NOT_CONFIGURED: { status: 400, error: 'Bad Request', retryable: false },
  STREAMING_NOT_SUPPORTED: { status: 400, error: 'Bad Request', retryable: false },
  UNKNOWN_MODEL: { status: 400, error: 'Bad Request', retryable: false },
  UNKNOWN_TOOL: { status: 400, error: 'Bad Request', retryable: false },
  UNKNOWN_WORKFLOW: { status: 400, error: 'Bad Request', retryable: false },
  UNAUTHENTICATED: { status: 401, error: 'Unauthorized', retryable: false },
  FORBIDDEN: { status: 403, error: 'Forbidden', retryable: false },
  NOT_FOUND: { status: 404, error: 'Not Found', retryable: false },
  THREAD_BUSY: { status: 409, error: 'Conflict', retryable: true },
  IDEMPOTENCY_CONFLICT: { status: 409, error: 'Conflict', retryable: false },
  STATE_CONFLICT: { status: 409, error: 'Conflict', retryable: false },
  PAYLOAD_TOO_LARGE: { status: 413, error: 'Payload Too Large', retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, error: 'Unsupported Media Type', retryable: false },
  CONTEXT_TOO_LONG: { status: 422, error: 'Unprocessable Entity', retryable: false },
  MODEL_REFUSED: { status: 422, error: 'Unprocessable Entity', retryable: false },
  RATE_LIMITED: { status: 429, error: 'Too Many Requests', retryable: true },
  BUDGET_EXCEEDED: { status: 429, error: 'Too Many Requests', retryable: false },
  INTERNAL: { status: 500, error: 'Internal Server Error', retryable: false },
  PROVIDER_ERROR: { status: 502, error: 'Bad Gateway', retryable: true },
  PROVIDER_UNAVAILABLE: { status: 503, error: 'Service Unavailable', retryable: true },
  SHUTTING_DOWN: { status: 503, error: 'Service Unavailable', retryable: true },
  PROVIDER_TIMEOUT: { status: 504, error: 'Gateway Timeout', retryable: true },
} as const;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** The allowed content of `details`: small facts that help the client, never text from elsewhere. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** The body of every error, as an HTTP response or as a frame of a stream. */
export type ErrorBody = Inferred<typeof errorBodySchema>;
export const errorBodySchema = z
  .object({
    error: z.string(),
    message: z.string(),
    /** Any text in the document: a later release may have stored a code that this release does not know. */
    code: z.string<ErrorCode>(),
    retryable: z.boolean(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'ErrorBody' });

interface AppErrorOptions {
  readonly details?: ErrorDetails;
  /** The underlying error: for the log, never for the client. */
  readonly cause?: unknown;
  /** Overrides the catalogue for this occurrence. */
  readonly retryable?: boolean;
  /** Seconds for the `Retry-After` header. */
  readonly retryAfter?: number;
}

/** An error of the catalogue. Its message is written for the client: a sentence that says what to do. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly details: ErrorDetails;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? ERROR_CATALOGUE[code].retryable;
    this.retryAfter = options.retryAfter;
  }

  get status(): number {
    return ERROR_CATALOGUE[this.code].status;
  }

  toBody(): ErrorBody {
    return {
      error: ERROR_CATALOGUE[this.code].error,
      message: this.message,
      code: this.code,
      retryable: this.retryable,
      details: this.details,
    };
  }
}

/** Any thrown value as an error of the catalogue: any other error becomes `INTERNAL`, without its text. */
export function toAppError(thrown: unknown, requestId?: string): AppError {
  if (thrown instanceof AppError) return thrown;
  return new AppError(
    'INTERNAL',
    'Something went wrong on our side. Quote the request id when you report it.',
    {
      cause: thrown,
      ...(requestId === undefined ? {} : { details: { requestId } }),
    },
  );
}
