import { AppError, type ErrorCode } from '../../kernel/index.js';

/**
 * Who caused a failed attempt, which decides what follows: `server` (5xx, reset, time-out, broken answer) is retried
 * and then fails over, `rate` waits as long as the provider asks, `key` (401, 403, quota) fails over at once, `request`
 * (400, context too long, unknown model) and `refusal` end the question.
 */
export type Fault = 'key' | 'server' | 'rate' | 'request' | 'refusal';

interface ModelErrorOptions extends NonNullable<ConstructorParameters<typeof AppError>[2]> {
  /** The server's fault, but it does answer: its breaker does not count it. */
  readonly isAlive?: boolean;
}

/** An error of a provider as an error of the catalogue. */
export class ModelError extends AppError {
  /** Whether the provider works nevertheless, so that its breaker does not count the error. */
  readonly isAlive: boolean;

  constructor(
    readonly fault: Fault,
    code: ErrorCode,
    message: string,
    options: ModelErrorOptions = {},
  ) {
    super(code, message, options);
    this.isAlive = options.isAlive ?? fault !== 'server';
  }
}

/**
 * The fault of any error met while asking a model; an error that no provider has classified counts as the request's.
 */
export function faultOf(error: unknown): Fault {
  return error instanceof ModelError ? error.fault : 'request';
}

/** Whether the provider itself is in trouble, which is what a breaker counts. */
export function isTrouble(error: unknown): boolean {
  return error instanceof ModelError && !error.isAlive;
}
