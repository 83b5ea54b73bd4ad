import pg, { type ClientBase, type ClientConfig, type PoolConfig } from 'pg';
import { clientTimeoutOf, type ConnectionPurpose } from './connection-purpose.js';
import { prepareSession } from './session.js';

const CONNECT_MS = 5_000;
/** How long to wait for a connection that others use. */
const WAIT_MS = 10_000;
const KEEP_ALIVE_MS = 5_000;

/** Options of every connection of this process: every wait for a server or a response is bounded. */
export function clientOptions(connectionString: string, purpose: ConnectionPurpose): ClientConfig {
  const clock = clientTimeoutOf(purpose);
  return {
    connectionString,
    application_name: purpose === 'requests' ? 'threadline' : `threadline-${purpose}`,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    // A server whose machine has died is detected within seconds, not hours.
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    ...(clock === undefined ? {} : { query_timeout: clock }),
  };
}

export interface PoolSettings {
  /** `requests` unless it says otherwise. */
  readonly purpose?: ConnectionPurpose;
  /** A pooler gives every transaction another session of the server, so nothing can be set for longer than one. */
  readonly isPooled?: boolean;
}

/** The same for a pool, in which the wait for a free connection may be longer than that for a new one. */
export function poolOptions(
  connectionString: string,
  { purpose = 'requests', isPooled = false }: PoolSettings = {},
): PoolConfig {
  return {
    ...clientOptions(connectionString, purpose),
    connectionTimeoutMillis: WAIT_MS,
    Client: PooledClient,
    // The pool awaits the result, which its types do not declare.
    ...(isPooled ? {} : { onConnect: (client: ClientBase): unknown => prepareSession(client, purpose) }),
  };
}

/**
 * A pool passes its own time-out to its clients; these have a shorter one. An error of a client in use does not end the
 * process.
 */
class PooledClient extends pg.Client {
  constructor(config?: string | ClientConfig) {
    super(typeof config === 'object' ? { ...config, connectionTimeoutMillis: CONNECT_MS } : config);
    this.on('error', () => undefined);
  }
}
