const MAX_CAUSES = 5;

/** Replaces the text of an error that quotes its input, which may be user data. */
const WITHHELD = '(withheld: it may quote data)';

/** An error in the form of a log entry. */
export interface DescribedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: DescribedError;
}

/**
 * An error for the log: its type, code, message, stack and causes, and no other fields. Drivers and clients attach
 * statements, parameters, requests and responses.
 */
export function describeError(error: unknown, causes = MAX_CAUSES): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: WITHHELD };
  const { code } = error as { code?: unknown };
  const message = quotesData(error, code) ? WITHHELD : error.message;
  const frames = /^\s*at .*(\n|$)/gm;
  return {
    type: error.name,
    message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.stack === undefined
      ? {}
      : { stack: `${error.name}: ${message}\n${error.stack.match(frames)?.join('') ?? ''}` }),
    ...(error.cause === undefined || causes === 0 ? {} : { cause: describeError(error.cause, causes - 1) }),
  };
}

/** JSON.parse quotes its input; so does Postgres for invalid data (class 22) and violated constraints (class 23). */
function quotesData(error: Error, code: unknown): boolean {
  return error instanceof SyntaxError || (typeof code === 'string' && /^2[23][0-9A-Z]{3}$/.test(code));
}
