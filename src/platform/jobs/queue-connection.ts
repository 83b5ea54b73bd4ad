import type { BackendFactory, IQueueBackend } from 'bullmq';
import type { QueueHealth } from './queue-health.js';

/** Injection token of the {@link QueueConnection}. */
export const QUEUE_CONNECTION = Symbol('QueueConnection');

/** The prefix of our keys, in a Redis that others may use. */
export const QUEUE_PREFIX = 'threadline';

/** Creates the backend of a queue or a worker; `connection` is ignored, because the maker has its own. */
export type MakeBackend = BackendFactory<IQueueBackend, QueueConnection>;

/** Where the queues of this process are stored, Postgres or Redis, and the connections there. */
export interface QueueConnection {
  /** Creates the backend of a queue; it fails soon when the service does not respond. */
  readonly produce: MakeBackend;
  /** Creates the backend of a worker; it waits until the service responds. Opens its own connections. */
  readonly consume: MakeBackend;
  readonly health: QueueHealth;
  /** The longest interval, in seconds, in which an idle worker polls. */
  readonly idleSeconds: number;
  /** Closes every connection, including hung ones. */
  close(): Promise<void>;
}
