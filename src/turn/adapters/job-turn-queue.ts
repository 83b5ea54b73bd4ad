import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { JobNotTaken, JobQueue, type JobKind } from '../../platform/jobs/index.js';
import type { TurnQueue } from '../ports/turn-queue.js';

interface TurnJob {
  readonly turnId: string;
}

/** A turn that waits for a process with room. */
export const TURN_JOB: JobKind<TurnJob> = {
  name: 'turns',
  payload: z.object({ turnId: z.string() }),
  concurrency: 16,
  // One that could not be taken is brought again for a minute, and then left to who looks for it.
  retry: { attempts: 120, delayMs: 500 },
  lockMs: 5_000,
};

/** A {@link TurnQueue} on jobs: one a turn that is offered, until somebody has taken it. */
@Injectable()
export class JobTurnQueue implements TurnQueue, OnModuleInit {
  private take: ((turnId: string) => Promise<void>) | undefined;
  private isOpen = true;

  constructor(private readonly jobs: JobQueue) {}

  onModuleInit(): void {
    this.jobs.handle(TURN_JOB, ({ turnId }) => this.bring(turnId));
    // Until there is somebody who takes them.
    this.jobs.pause(TURN_JOB);
  }

  offer(turnId: string): Promise<boolean> {
    return this.jobs.add(TURN_JOB, { turnId }, { id: turnId, uniqueAmong: 'waiting' });
  }

  consume(take: (turnId: string) => Promise<void>): Promise<void> {
    this.take = take;
    this.steer();
    return Promise.resolve();
  }

  setOpen(isOpen: boolean): void {
    if (this.isOpen === isOpen) return;
    this.isOpen = isOpen;
    this.steer();
  }

  close(): Promise<void> {
    return this.jobs.stop(TURN_JOB);
  }

  private steer(): void {
    if (this.isOpen && this.take !== undefined) this.jobs.resume(TURN_JOB);
    else this.jobs.pause(TURN_JOB);
  }

  /** Whoever takes says why it could not. */
  private async bring(turnId: string): Promise<void> {
    try {
      await this.take?.(turnId);
    } catch (error) {
      throw new JobNotTaken('the turn was not taken', { cause: error });
    }
  }
}
