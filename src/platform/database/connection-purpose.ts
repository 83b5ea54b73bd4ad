/**
 * What connections are for, which says how long a statement on them may take: `requests`, `log`, `queue` and `search` answer
 * somebody who waits; `ingestion` is work that nobody waits for; `migrations` take as long as they take.
 */
export type ConnectionPurpose =
  'requests' | 'log' | 'queue' | 'search' | 'listener' | 'ingestion' | 'migrations';

/** The server's own limit of one statement, in milliseconds; 0: none. */
export const STATEMENT_MS: Readonly<Record<ConnectionPurpose, number>> = {
  requests: 10_000,
  log: 10_000,
  queue: 10_000,
  search: 5_000,
  listener: 3_000,
  // A batch takes a tenth of a second, writing down the largest content a second.
  ingestion: 30_000,
  migrations: 0,
};

/** What an answer may need from the server to us, before the link is taken to be silent. */
const MARGIN_MS = 1_500;

/** Our own limit of one statement, in milliseconds: it ends also where nothing comes back. `undefined`: none. */
export function clockOf(purpose: ConnectionPurpose): number | undefined {
  return STATEMENT_MS[purpose] === 0 ? undefined : STATEMENT_MS[purpose] + MARGIN_MS;
}
