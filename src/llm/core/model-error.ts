import { AppError, type ErrorCode } from '../../kernel/index.js';

/**
 * Whose fault a failed attempt is, which decides what follows it: `server` (5xx, reset, time-out, broken answer) is
 * tried again and then elsewhere, `rate` waits as long as it is told, `key` (401, 403, quota) goes elsewhere at once,
 * `request` (400, context too long, unknown model) and `refusal` end the matter.
 */
export type Fault = 'key' | 'server' | 'rate' | 'request' | 'refusal';

/** What went wrong at a provider, in the catalogue's words. */
export class ModelError extends AppError {
  constructor(
    readonly fault: Fault,
    code: ErrorCode,
    message: string,
    options: ConstructorParameters<typeof AppError>[2] = {},
  ) {
    super(code, message, options);
  }
}

/** Whose fault any error met while asking a model is; what no provider has classified is taken as ours. */
export function faultOf(error: unknown): Fault {
  return error instanceof ModelError ? error.fault : 'request';
}
