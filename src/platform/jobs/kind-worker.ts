import { Logger } from '@nestjs/common';
import { DelayedError, UnrecoverableError, type Job } from 'bullmq';
import { ConnectedWorker } from './connected-worker.js';
import { JobDeferred, type JobHandler, type JobKind } from './job-kind.js';
import type { JobMetrics } from './job-metrics.js';
import { QUEUE_PREFIX, type QueueConnection } from './queue-connection.js';

const LOCK_MS = 30_000;
/** A job that arrived just after its kind was paused is delayed for this long, for other processes. */
const DELAY_MS = 100;
/** The stored failure reason of a job must not contain user data. */
const STORED_REASON = 'failed';

/** Runs the jobs of one kind in this process, between its start and its stop. */
export class KindWorker {
  private readonly logger = new Logger('Jobs');
  private readonly stopping = new AbortController();
  private worker: ConnectedWorker | undefined;
  private handler: JobHandler<object> | undefined;
  private isStarted = false;
  private isPaused = false;
  private stopped: Promise<void> | undefined;

  constructor(
    private readonly kind: JobKind,
    private readonly connection: QueueConnection,
    private readonly metrics: JobMetrics,
  ) {}

  get hasHandler(): boolean {
    return this.handler !== undefined;
  }

  handle(handler: JobHandler<object>): void {
    if (this.handler !== undefined) throw new Error(`The job kind "${this.kind.name}" has two handlers.`);
    this.handler = handler;
  }

  start(): void {
    this.isStarted = true;
    this.applyPause();
  }

  setPaused(isPaused: boolean): void {
    if (this.isPaused === isPaused) return;
    this.isPaused = isPaused;
    this.applyPause();
  }

  /** Waits for running jobs, but not for long. */
  stop(): Promise<void> {
    this.stopping.abort();
    return (this.stopped ??= this.worker?.close() ?? Promise.resolve());
  }

  private applyPause(): void {
    if (!this.isStarted || this.stopped !== undefined) return;
    if (this.isPaused) void this.worker?.pause(true);
    else if (this.worker === undefined) this.worker = this.makeWorker();
    else void this.worker.resume();
  }

  private makeWorker(): ConnectedWorker {
    const { name, concurrency, lockMs = LOCK_MS } = this.kind;
    const worker = new ConnectedWorker(name, (job, token) => this.work(job, token), {
      connection: this.connection,
      prefix: QUEUE_PREFIX,
      concurrency,
      lockDuration: lockMs,
    });
    return worker.on('active', () => this.connection.health.back());
  }

  /** BullMQ's processor. */
  private async work(job: Job<object>, token: string | undefined): Promise<void> {
    const { handler } = this;
    if (this.isPaused || this.stopped !== undefined || handler === undefined) {
      return this.delayForOthers(job, token);
    }
    const payload = this.payloadOf(job);
    const done = this.metrics.began(this.kind.name);
    const attempt = job.attemptsMade + 1;
    try {
      await handler(payload, { id: job.id ?? '', attempt, signal: this.stopping.signal });
      done('completed');
    } catch (error) {
      const isBrokenOff = this.stopping.signal.aborted;
      const isLast = !isBrokenOff && attempt >= (job.opts.attempts ?? 1);
      done(isLast ? 'failed' : 'retried');
      if (isBrokenOff) return this.delayForOthers(job, token);
      if (!(error instanceof JobDeferred)) this.report(error, job.id, isLast);
      throw new Error(STORED_REASON);
    }
  }

  private payloadOf(job: Job<object>): object {
    const { name, payload } = this.kind;
    const { success, data } = payload.safeParse(job.data);
    if (success) return data;
    this.metrics.ended(name, 'failed');
    this.logger.error({ job: name, jobId: job.id }, 'A job carries what its kind does not; it is given up.');
    throw new UnrecoverableError(STORED_REASON);
  }

  /** Leaves the job to another process, or to this one when it resumes; that does not count as an attempt. */
  private async delayForOthers(job: Job<object>, token: string | undefined): Promise<never> {
    await job.moveToDelayed(Date.now() + DELAY_MS, token);
    throw new DelayedError();
  }

  private report(error: unknown, jobId: string | undefined, isLast: boolean): void {
    const about = { err: error, job: this.kind.name, jobId };
    if (isLast) this.logger.error(about, 'A job failed for the last time; it is given up.');
    else this.logger.warn(about, 'A job failed; it is tried again.');
  }
}
