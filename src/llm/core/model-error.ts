import { AppError, type ErrorCode } from '../../kernel/index.js';

/**
 * Whose fault a failed attempt is, which decides what follows it: `server` (5xx, reset, time-out, broken answer) is
 * tried again and then elsewhere, `rate` waits as long as it is told, `key` (401, 403, quota) goes elsewhere at once,
 * `request` (400, context too long, unknown model) and `refusal` end the matter.
 */
export type Fault = 'key' | 'server' | 'rate' | 'request' | 'refusal';

interface ModelErrorOptions extends NonNullable<ConstructorParameters<typeof AppError>[2]> {
  /** A fault of the server's that says nothing against it: it has answered, and others may go on asking. */
  readonly isAlive?: boolean;
}

/** What went wrong at a provider, in the catalogue's words. */
export class ModelError extends AppError {
  /** Whether the provider is well all the same, so that its breaker has nothing to count. */
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

/** Whose fault any error met while asking a model is; what no provider has classified is taken as ours. */
export function faultOf(error: unknown): Fault {
  return error instanceof ModelError ? error.fault : 'request';
}

/** Whether an error says that its provider is in trouble, which is what a breaker counts. */
export function isTrouble(error: unknown): boolean {
  return error instanceof ModelError && !error.isAlive;
}
