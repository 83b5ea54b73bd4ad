import type { BackendFactory, IQueueBackend } from 'bullmq';
import type { QueueHealth } from './queue-health.js';

/** Injection token of the {@link QueueConnection}. */
export const QUEUE_CONNECTION = Symbol('QueueConnection');

/** What every key of ours begins with, in a Redis that others may use. */
export const QUEUE_PREFIX = 'threadline';

/** Makes a queue's or a worker's way to its data; `connection` is set aside, as it is the maker's own. */
export type MakeBackend = BackendFactory<IQueueBackend, QueueConnection>;

/** Where the queues of this process live, Postgres or Redis, and the connections there. */
export interface QueueConnection {
  /** Makes what a queue writes with; it fails soon when nobody answers. */
  readonly produce: MakeBackend;
  /** Makes what a worker reads with; it waits until somebody answers. Opens connections of its own. */
  readonly consume: MakeBackend;
  readonly health: QueueHealth;
  /** Longest wait, in seconds, of an idle worker before it looks by itself. */
  readonly idleSeconds: number;
  /** Ends every connection, also one that is hung. */
  close(): Promise<void>;
}
