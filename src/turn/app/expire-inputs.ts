import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { JobQueue, type JobKind } from '../../platform/jobs/index.js';
import { INPUT_STORE, type InputStore } from '../ports/input-store.js';
import { InputMetrics } from './input-metrics.js';
import { QueuedTurns } from './queued-turns.js';

const INPUTS_PER_ROUND = 100;

/** Whoever lives looks every few seconds: what waits has no timer anywhere. */
export const EXPIRE_INPUTS_JOB: JobKind = {
  name: 'input-expiry',
  payload: z.object({}),
  concurrency: 1,
  retry: { attempts: 1, delayMs: 0 },
  everyMs: 2_000,
};

/** Closes inputs whose time is over, so that their turns go on. */
@Injectable()
export class ExpireInputs implements OnModuleInit {
  constructor(
    @Inject(INPUT_STORE) private readonly inputs: Pick<InputStore, 'expire'>,
    @Inject(JobQueue) private readonly jobs: Pick<JobQueue, 'handle'>,
    @Inject(QueuedTurns) private readonly queued: Pick<QueuedTurns, 'goOn'>,
    @Inject(InputMetrics) private readonly metrics: Pick<InputMetrics, 'closed'>,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(EXPIRE_INPUTS_JOB, (_, { signal }) => this.run(signal));
  }

  private async run(signal: AbortSignal): Promise<void> {
    for (let found = INPUTS_PER_ROUND; found === INPUTS_PER_ROUND && !signal.aborted;) {
      const expired = await this.inputs.expire(INPUTS_PER_ROUND);
      found = expired.length;
      for (const { input, turn, isLast, holder } of expired) {
        this.metrics.closed(input);
        if (isLast) void this.queued.goOn(turn.id, holder);
      }
    }
  }
}
