import { Queue, type IQueueBackend, type QueueOptions } from 'bullmq';
import type { QueueConnection } from './queue-connection.js';
import { withTimeout } from '../../kernel/index.js';

const CLOSE_MS = 800;

/** A queue over a {@link QueueConnection}; closing it takes a bounded time. */
export class ConnectedQueue extends Queue<
  object,
  void,
  string,
  object,
  void,
  string,
  IQueueBackend,
  QueueConnection
> {
  constructor(name: string, options: QueueOptions<QueueConnection>) {
    const { produce, health } = options.connection;
    super(name, options, produce);
    this.on('error', (error) => health.failed(error));
  }

  override close(): Promise<void> {
    return withTimeout(CLOSE_MS, super.close()).catch(() => undefined);
  }
}
