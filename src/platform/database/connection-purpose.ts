/**
 * The purpose of a connection, which determines its statement time-out: `requests`, `log`, `queue` and `search` serve a
 * waiting caller; `ingestion` runs in the background; `migrations` have no time-out.
 */
export type ConnectionPurpose =
  'requests' | 'log' | 'queue' | 'search' | 'listener' | 'ingestion' | 'migrations';

/** The server's statement time-out, in milliseconds; 0: none. */
export const STATEMENT_MS: Readonly<Record<ConnectionPurpose, number>> = {
  requests: 10_000,
  log: 10_000,
  queue: 10_000,
  search: 5_000,
  listener: 3_000,
  // A batch takes a tenth of a second, storing the largest content a second.
  ingestion: 30_000,
  migrations: 0,
};

/** Time for a response to arrive, before the connection is considered dead. */
const MARGIN_MS = 1_500;

/**
 * The client's statement time-out, in milliseconds: it also applies if the server does not respond. `undefined`: none.
 */
export function clientTimeoutOf(purpose: ConnectionPurpose): number | undefined {
  return STATEMENT_MS[purpose] === 0 ? undefined : STATEMENT_MS[purpose] + MARGIN_MS;
}
