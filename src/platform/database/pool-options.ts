import type { PoolConfig } from 'pg';

const CONNECT_MS = 10_000;
/** Longer than anything here takes, the largest document included; shorter than a client waits. */
const STATEMENT_MS = 60_000;

/** What every pool of this process has in common: no wait for a connection or a statement is without an end. */
export function poolOptions(connectionString: string): PoolConfig {
  return {
    connectionString,
    application_name: 'threadline',
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    idle_in_transaction_session_timeout: STATEMENT_MS,
    keepAlive: true,
  };
}
