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

/**
 * A worker over a {@link QueueConnection}: an outage neither ends it nor makes it spin, and closing it takes a bounded
 * time.
 */
export class ConnectedWorker extends Worker<
  object,
  void,
  string,
  IQueueBackend,
  JobProgress,
  QueueConnection
> {
  private stopped: Promise<void> | undefined;

  /** Some two or three times `lockDuration` after a worker died, its job is delivered to another one. */
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
        // Stalls are never the job's own fault.
        maxStalledCount: 100,
        runRetryDelay: RETRY_MS,
      },
      connection.consume,
    );
    this.on('error', (error) => connection.health.failed(error));
  }

  /** Resuming starts the loop again; a pause that is revoked at its very end would leave it ended. */
  override async run(): Promise<void> {
    await super.run();
    if (!this.paused && !this.closing && !this.isRunning()) await this.run();
  }

  /** Waits for jobs that are being fetched, but not for long: a job that is cut off is delivered again. */
  override close(): Promise<void> {
    return (this.stopped ??= withTimeout(CLOSE_MS, super.close()).catch(() => this.cutOff()));
  }

  private async cutOff(): Promise<void> {
    // Ends the check for stalled jobs, which would keep the process alive.
    await this.pause(true);
    await this.lockManager.close();
    await withTimeout(CLOSE_MS, this.backend.close(true)).catch(() => undefined);
  }

  /** Retried at once after a failure. */
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
