import { setTimeout as pause } from 'node:timers/promises';
import {
  Queue,
  Worker,
  type IQueueBackend,
  type Job,
  type JobProgress,
  type Processor,
  type QueueOptions,
  type WorkerOptions,
} from 'bullmq';
import type { QueueConnection } from './queue-connection.js';
import { within } from '../../kernel/index.js';

const CLOSE_MS = 800;
const RETRY_MS = 500;
/** Some two or three times this after a worker died over a job, it is brought to another. */
const LOCK_MS = 5_000;

/** A queue over a {@link QueueConnection}; the only kind that Nest makes here. */
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
    return within(CLOSE_MS, super.close()).catch(() => undefined);
  }
}

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

  constructor(name: string, processor: Processor<object, void>, options: WorkerOptions<QueueConnection>) {
    const { connection } = options;
    super(
      name,
      processor,
      {
        ...options,
        drainDelay: connection.idleSeconds,
        lockDuration: LOCK_MS,
        stalledInterval: LOCK_MS,
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
    return (this.stopped ??= within(CLOSE_MS, super.close()).catch(() => this.cutOff()));
  }

  private async cutOff(): Promise<void> {
    // Ends the look for stalled jobs, which would keep the process up.
    await this.pause(true);
    await this.lockManager.close();
    await within(CLOSE_MS, this.backend.close(true)).catch(() => undefined);
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
