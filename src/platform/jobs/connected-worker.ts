import { setTimeout as pause } from 'node:timers/promises';
import {
  Worker,
  type IQueueBackend,
  type Job,
  type JobProgress,
  type Processor,
  type WorkerOptions,
} from 'bullmq';
import type { QueueConnection } from './queue-connection.js';
import { withTimeout } from '../../kernel/index.js';

const CLOSE_MS = 800;
const RETRY_MS = 500;

/** A worker over a {@link QueueConnection}: an outage neither ends it nor makes it spin, and closing it is bounded. */
export class ConnectedWorker extends Worker<
  object,
  void,
  string,
  IQueueBackend,
  JobProgress,
  QueueConnection
> {
  private stopped: Promise<void> | undefined;

  /** Some two or three times `lockDuration` after a worker died over a job, it is brought to another. */
  constructor(
    name: string,
    processor: Processor<object, void>,
    options: WorkerOptions<QueueConnection> & { readonly lockDuration: number },
  ) {
    const { connection, lockDuration } = options;
    super(
      name,
      processor,
      {
        ...options,
        drainDelay: connection.idleSeconds,
        stalledInterval: lockDuration,
        // Every time is somebody's fault but the job's.
        maxStalledCount: 100,
        runRetryDelay: RETRY_MS,
      },
      connection.consume,
    );
    this.on('error', (error) => connection.health.failed(error));
  }

  /** Going on begins it anew; a pause that is taken back at the very end of the loop would leave it ended. */
  override async run(): Promise<void> {
    await super.run();
    if (!this.paused && !this.closing && !this.isRunning()) await this.run();
  }

  /** Waits for what is being taken, but not for long: whatever is cut off is brought again. */
  override close(): Promise<void> {
    return (this.stopped ??= withTimeout(CLOSE_MS, super.close()).catch(() => this.cutOff()));
  }

  private async cutOff(): Promise<void> {
    // Ends the look for stalled jobs, which would keep the process up.
    await this.pause(true);
    await this.lockManager.close();
    await withTimeout(CLOSE_MS, this.backend.close(true)).catch(() => undefined);
  }

  /** It is asked again at once when it fails. */
  protected override async moveToActive(token: string, name?: string): Promise<Job<object, void>> {
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      await pause(RETRY_MS);
      throw error;
    }
  }

  /** After a failure it would wait an hour for the next notification. */
  protected override getBlockTimeout(blockUntil: number): number {
    return Math.min(super.getBlockTimeout(blockUntil), this.opts.drainDelay ?? 1);
  }
}
