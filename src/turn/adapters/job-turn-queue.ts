import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { JobDeferred, JobQueue, type JobKind } from '../../platform/jobs/index.js';
import type { TurnQueue } from '../ports/turn-queue.js';

interface TurnJob {
  readonly turnId: string;
}

/** A queued turn that waits for a process with free capacity. */
export const TURN_JOB: JobKind<TurnJob> = {
  name: 'turns',
  payload: z.object({ turnId: z.string() }),
  concurrency: 16,
  // A turn that could not be started is redelivered for a minute; after that, the periodic poll finds it.
  retry: { attempts: 120, delayMs: 500 },
  lockMs: 5_000,
};

/** A {@link TurnQueue} on jobs: one job per offered turn, until a process has started it. */
@Injectable()
export class JobTurnQueue implements TurnQueue, OnModuleInit {
  private consumer: ((turnId: string) => Promise<void>) | undefined;
  private isOpen = true;

  constructor(private readonly jobs: JobQueue) {}

  onModuleInit(): void {
    this.jobs.handle(TURN_JOB, ({ turnId }) => this.deliver(turnId));
    // Paused until there is a consumer.
    this.jobs.pause(TURN_JOB);
  }

  offer(turnId: string): Promise<boolean> {
    return this.jobs.add(TURN_JOB, { turnId }, { id: turnId, uniqueAmong: 'waiting' });
  }

  consume(consumer: (turnId: string) => Promise<void>): Promise<void> {
    this.consumer = consumer;
    this.pauseOrResume();
    return Promise.resolve();
  }

  setOpen(isOpen: boolean): void {
    if (this.isOpen === isOpen) return;
    this.isOpen = isOpen;
    this.pauseOrResume();
  }

  close(): Promise<void> {
    return this.jobs.stop(TURN_JOB);
  }

  private pauseOrResume(): void {
    if (this.isOpen && this.consumer !== undefined) this.jobs.resume(TURN_JOB);
    else this.jobs.pause(TURN_JOB);
  }

  /** Throws with the reason when the consumer could not start the turn, so that the job is retried. */
  private async deliver(turnId: string): Promise<void> {
    try {
      await this.consumer?.(turnId);
    } catch (error) {
      throw new JobDeferred('the turn was not started', { cause: error });
    }
  }
}
