import { InjectQueue, Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, Injectable } from '@nestjs/common';
import { DelayedError, type Job, type Queue } from 'bullmq';
import { within } from '../../kernel/index.js';
import {
  QUEUE_CONNECTION,
  QueueHealth,
  QueueWorkers,
  type QueueConnection,
} from '../../platform/queue/index.js';
import type { TurnQueue } from '../ports/turn-queue.js';

/** The name of the queue of turns. */
export const TURNS = 'turns';

const CONCURRENCY = 16;
const OFFER_MS = 1_000;
/** A job that came when this process had just closed itself is left to others for so long. */
const GIVE_BACK_MS = 100;
/** A turn that could not be taken is brought again every so often for a minute, and then left to who looks for it. */
const RETRY_MS = 500;
const ATTEMPTS = 120;
/** How many jobs of one turn may be in the middle of being taken, each perhaps by a process that died over it. */
const MAX_JOBS_OF_TURN = 3;

interface TurnJob {
  readonly turnId: string;
}

/** A {@link TurnQueue} on BullMQ, in Postgres or in Redis. */
@Injectable()
@Processor(TURNS, { concurrency: CONCURRENCY })
export class BullTurnQueue extends WorkerHost implements TurnQueue {
  private take: ((turnId: string) => Promise<void>) | undefined;
  private isOpen = true;
  private closing: Promise<void> | undefined;

  constructor(
    @InjectQueue(TURNS) private readonly queue: Queue<TurnJob>,
    @Inject(QUEUE_CONNECTION) private readonly connection: QueueConnection,
    private readonly health: QueueHealth,
    private readonly workers: QueueWorkers,
  ) {
    super();
  }

  async offer(turnId: string): Promise<boolean> {
    if (this.closing !== undefined) return false;
    try {
      await within(OFFER_MS, this.add(turnId));
      this.health.back();
      return true;
    } catch (error) {
      this.health.lost(error);
      return false;
    }
  }

  consume(take: (turnId: string) => Promise<void>): Promise<void> {
    if (this.closing === undefined) {
      this.take = take;
      this.workers.start();
      this.worker.on('active', () => this.health.back());
      this.steer();
    }
    return Promise.resolve();
  }

  setOpen(isOpen: boolean): void {
    if (this.isOpen === isOpen) return;
    this.isOpen = isOpen;
    if (this.take !== undefined) this.steer();
  }

  /** What BullMQ calls with a job. A turn that is not taken stays in the queue. */
  async process(job: Job<TurnJob>, token?: string): Promise<void> {
    if (!this.isOpen || this.closing !== undefined || this.take === undefined) {
      await job.moveToDelayed(Date.now() + GIVE_BACK_MS, token);
      throw new DelayedError();
    }
    try {
      await this.take(job.data.turnId);
    } catch {
      // Whoever takes says why it could not; in the queue the reason would be kept with the job.
      throw new Error('not taken');
    }
  }

  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  private async add(turnId: string): Promise<void> {
    const jobId = await this.freeJobId(turnId);
    await this.queue.add(
      'turn',
      { turnId },
      { jobId, attempts: ATTEMPTS, backoff: { type: 'fixed', delay: RETRY_MS } },
    );
  }

  /**
   * The id of a job that is yet to be taken, so that a turn that waits is not brought twice. One that is being taken
   * is not enough: it may have been claimed and let go since, or its process be dead.
   */
  private async freeJobId(turnId: string): Promise<string> {
    for (let number = 1; ; number += 1) {
      const jobId = number === 1 ? turnId : `${turnId}.${number}`;
      const state = await this.queue.getJobState(jobId);
      if (state === 'completed' || state === 'failed') await this.queue.remove(jobId);
      if (state !== 'active' || number === MAX_JOBS_OF_TURN) return jobId;
    }
  }

  private steer(): void {
    void (this.isOpen ? this.worker.resume() : this.worker.pause(true));
  }

  private async end(): Promise<void> {
    this.health.close();
    if (this.take !== undefined) await this.worker.close();
    await this.queue.close();
    await this.connection.close();
  }
}
