import pg, { type ClientBase, type ClientConfig, type PoolConfig } from 'pg';
import { clockOf, type ConnectionPurpose } from './connection-purpose.js';
import { prepareSession } from './session.js';

const CONNECT_MS = 5_000;
/** How long somebody waits for a connection that others have. */
const WAIT_MS = 10_000;
const KEEP_ALIVE_MS = 5_000;

/** What every connection of this process has in common: no wait for a server or an answer is without an end. */
export function clientOptions(connectionString: string, purpose: ConnectionPurpose): ClientConfig {
  const clock = clockOf(purpose);
  return {
    connectionString,
    application_name: purpose === 'requests' ? 'threadline' : `threadline-${purpose}`,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    // A server whose machine is gone is noticed within seconds, not hours.
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    ...(clock === undefined ? {} : { query_timeout: clock }),
  };
}

export interface PoolSettings {
  /** `requests` unless it says otherwise. */
  readonly purpose?: ConnectionPurpose;
  /** A pooler gives every transaction another session of the server: nothing can be set that outlives one. */
  readonly isPooled?: boolean;
}

/** The same for a pool, in which somebody may wait for a connection longer than for the making of one. */
export function poolOptions(
  connectionString: string,
  { purpose = 'requests', isPooled = false }: PoolSettings = {},
): PoolConfig {
  return {
    ...clientOptions(connectionString, purpose),
    connectionTimeoutMillis: WAIT_MS,
    Client: PooledClient,
    // The pool waits for what it returns, which its types do not know.
    ...(isPooled ? {} : { onConnect: (client: ClientBase): unknown => prepareSession(client, purpose) }),
  };
}

/** A pool gives its clients its own patience; they have less. One that breaks in somebody's hands ends no process. */
class PooledClient extends pg.Client {
  constructor(config?: string | ClientConfig) {
    super(typeof config === 'object' ? { ...config, connectionTimeoutMillis: CONNECT_MS } : config);
    this.on('error', () => undefined);
  }
}
