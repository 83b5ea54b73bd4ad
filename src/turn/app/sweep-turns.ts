import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { restFor } from '../../kernel/index.js';
import { Peers } from '../../platform/database/index.js';
import { JobQueue, type JobKind } from '../../platform/jobs/index.js';
import { TURN_STORE, type TurnStore } from '../ports/turn-store.js';

const KEYS_PER_ROUND = 5_000;

/** A sweep per minute; a failed one is made up for by the next. */
export const SWEEP_TURNS_JOB: JobKind = {
  name: 'turn-sweep',
  payload: z.object({}),
  concurrency: 1,
  retry: { attempts: 1, delayMs: 0 },
  everyMs: 60_000,
};

/** Deletes expired data of turns: idempotency keys after a day, and the rows of stopped processes. */
@Injectable()
export class SweepTurns implements OnModuleInit {
  constructor(
    @Inject(TURN_STORE) private readonly store: Pick<TurnStore, 'forgetKeys'>,
    @Inject(Peers) private readonly peers: Pick<Peers, 'forgetStopped'>,
    @Inject(JobQueue) private readonly jobs: Pick<JobQueue, 'handle'>,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(SWEEP_TURNS_JOB, (_, { signal }) => this.sweep(signal));
  }

  /** Sweeps until nothing is left, in rounds, or until the signal aborts. */
  private async sweep(signal: AbortSignal): Promise<void> {
    await this.peers.forgetStopped();
    for (let found = KEYS_PER_ROUND; found === KEYS_PER_ROUND && !signal.aborted;) {
      const began = performance.now();
      found = await this.store.forgetKeys(KEYS_PER_ROUND);
      // Pauses for as long as the round took, so that users' statements come in between.
      if (found === KEYS_PER_ROUND) await restFor(performance.now() - began);
    }
  }
}
