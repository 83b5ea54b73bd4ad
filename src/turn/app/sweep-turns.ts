import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { restFor } from '../../kernel/index.js';
import { Peers } from '../../platform/database/index.js';
import { JobQueue, type JobKind } from '../../platform/jobs/index.js';
import { TURN_STORE, type TurnStore } from '../ports/turn-store.js';

const KEYS_PER_ROUND = 5_000;

/** A sweep a minute; one that fails is made up for by the next. */
export const SWEEP_TURNS_JOB: JobKind = {
  name: 'turn-sweep',
  payload: z.object({}),
  concurrency: 1,
  retry: { attempts: 1, delayMs: 0 },
  everyMs: 60_000,
};

/** Forgets what turns have left and nobody asks for any more: idempotency keys after a day, processes that are gone. */
@Injectable()
export class SweepTurns implements OnModuleInit {
  constructor(
    @Inject(TURN_STORE) private readonly store: Pick<TurnStore, 'forgetKeys'>,
    @Inject(Peers) private readonly peers: Pick<Peers, 'forgetGone'>,
    @Inject(JobQueue) private readonly jobs: Pick<JobQueue, 'handle'>,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(SWEEP_TURNS_JOB, (_, { signal }) => this.sweep(signal));
  }

  /** Sweeps until nothing is left, some thousand keys at a time, or until the signal. */
  private async sweep(signal: AbortSignal): Promise<void> {
    await this.peers.forgetGone();
    for (let found = KEYS_PER_ROUND; found === KEYS_PER_ROUND && !signal.aborted;) {
      const began = performance.now();
      found = await this.store.forgetKeys(KEYS_PER_ROUND);
      // As long as the round took: what users do comes in between.
      if (found === KEYS_PER_ROUND) await restFor(performance.now() - began);
    }
  }
}
