import { AppError } from '../../kernel/index.js';

/** The SQLSTATE of a unique index that refused a row. */
export const UNIQUE_VIOLATION = '23505';
/** The SQLSTATE of a statement that was aborted to resolve a deadlock. */
export const DEADLOCK = '40P01';
/** The SQLSTATE of a statement that timed out or was cancelled. */
export const QUERY_CANCELED = '57014';
/** The SQLSTATE of a transaction that conflicts with another one's changes. */
const SERIALIZATION_FAILURE = '40001';
const READ_ONLY = '25006';
const TOO_MANY_CONNECTIONS = '53300';
const CANNOT_CONNECT_NOW = '57P03';
/** SQLSTATEs behind a pooler that does not support prepared statements. */
const LOST_STATEMENTS: readonly string[] = ['26000', '42P05'];

/**
 * Classes of SQLSTATE after which the same statement may succeed: connections, conflicting or read-only transactions,
 * prepared statements, logins, an unavailable database, resources, locks, operator intervention, system errors.
 */
const PASSING = /^(08|25|26|28|3D|40|53|55|57|58|XX)|^42P05$/;
/** Classes whose errors leave the session usable. */
const STATEMENT_ONLY = /^(0A|0[BFLPZ]|2[0-4]|26|2[7BDF]|3[489BDF]|40|42|44|54|55|P0)|^57014$|^53400$/;

/** A database that rejects writes: a standby, or one that is set to read only. */
export class ReadOnlyDatabaseError extends Error {
  override readonly name = 'ReadOnlyDatabaseError';
  readonly code = READ_ONLY;
}

/** The SQLSTATE and constraint of an error that Postgres raised; `undefined` for other errors. */
export function databaseError(error: unknown): { code: string; constraint: string | undefined } | undefined {
  const candidate = error as { code?: unknown; constraint?: string; severity?: unknown } | null;
  if (typeof candidate?.code !== 'string' || candidate.severity === undefined) return undefined;
  return { code: candidate.code, constraint: candidate.constraint };
}

/**
 * Whether a retry would fail again: Postgres rejects the statement itself (SQLSTATE classes 22, 23, 42, 0A, 54 and all
 * others that are not about connections, locks, resources or operators), or the program has a bug. Unknown errors count
 * as transient. Retry loops stop at a permanent error.
 */
export function isPermanent(error: unknown): boolean {
  const code = databaseError(error)?.code;
  if (code !== undefined) return !PASSING.test(code);
  return error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
}

/**
 * Whether Postgres rejected a statement for its values: invalid data (class 22) or a violated constraint (class 23).
 */
export function isInvalidData(error: unknown): boolean {
  return /^2[23]/.test(databaseError(error)?.code ?? '');
}

/**
 * Whether nothing of the transaction was done, so that it can be repeated: it was rolled back because of another one,
 * rejected by a read-only server, or never sent.
 */
export function isUndone(error: unknown): boolean {
  const code = databaseError(error)?.code;
  if (code !== undefined) return code === SERIALIZATION_FAILURE || code === DEADLOCK || code === READ_ONLY;
  return error instanceof Error && /is not queryable$/.test(error.message);
}

/** Whether a running server has no connection to give now: too many are in use, or it is starting. */
export function isOutOfConnections(error: unknown): boolean {
  const code = databaseError(error)?.code;
  return code === TOO_MANY_CONNECTIONS || code === CANNOT_CONNECT_NOW;
}

/** Whether the session that the error came from is unusable: silent, gone, or read-only. */
export function isSessionLost(error: unknown): boolean {
  const code = databaseError(error)?.code;
  return code === undefined ? isOutOfReach(error) : !STATEMENT_ONLY.test(code);
}

/** Whether the session has no prepared statement of the name, or another one. */
export function isStatementLost(error: unknown): boolean {
  return LOST_STATEMENTS.includes(databaseError(error)?.code ?? '');
}

/** Whether the statement timed out, on either side. */
export function isTimeout(error: unknown): boolean {
  return databaseError(error)?.code === QUERY_CANCELED || isClientTimeout(error);
}

/** Whether other connections of this process may be unusable as well. */
export function suggestsOutage(error: unknown): boolean {
  return isClientTimeout(error) || /^(08|57P|25006)/.test(databaseError(error)?.code ?? '');
}

/** The client's time-out: the server has not responded. */
function isClientTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

const NETWORK =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|ENOTFOUND|EAI_AGAIN|ENOENT|EADDRNOTAVAIL)$/;
/** pg reports these errors without a code. */
const LOST_CONNECTION =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed and is not queryable)/;

/** Whether the database was unreachable or out of resources, so that the same request may succeed later. */
export function isOutOfReach(error: unknown): boolean {
  if (error instanceof ReadOnlyDatabaseError) return true;
  const code = databaseError(error)?.code;
  if (code !== undefined) return /^(08|25|26|40|53|55P03|57|58)|^42P05$/.test(code);
  const { code: network, message, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof network === 'string' && NETWORK.test(network))
    return network !== 'ENOENT' || syscall === 'connect';
  return typeof message === 'string' && LOST_CONNECTION.test(message);
}

/** A transient error of the database as an error for the client; `undefined` for any other error. */
export function outOfReach(thrown: unknown, requestId: string): AppError | undefined {
  if (!isOutOfReach(thrown)) return undefined;
  return new AppError(
    'INTERNAL',
    'Something that the server needs is out of reach. Try again in a few seconds.',
    { cause: thrown, retryable: true, retryAfter: 5, details: { requestId } },
  );
}
