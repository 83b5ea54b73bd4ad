import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { restFor } from '../../kernel/index.js';
import { TURN_STORE, type TurnStore } from '../ports/turn-store.js';

const KEYS_PER_ROUND = 5_000;

/** Forgets what turns have left and nobody asks for any more: idempotency keys after a day, processes that are gone. */
@Injectable()
export class SweepTurns implements BeforeApplicationShutdown {
  private readonly logger = new Logger(SweepTurns.name);
  private isRunning = false;
  private isStopped = false;

  constructor(
    @Inject(TURN_STORE) private readonly store: Pick<TurnStore, 'forgetKeys' | 'forgetProcesses'>,
  ) {}

  /** Sweeps until nothing is left, some thousand keys at a time. Never throws; does nothing while an earlier call is at it. */
  async run(): Promise<void> {
    if (this.isRunning || this.isStopped) return;
    this.isRunning = true;
    try {
      await this.store.forgetProcesses();
      for (let found = KEYS_PER_ROUND; found === KEYS_PER_ROUND && !this.isStopped;) {
        const began = performance.now();
        found = await this.store.forgetKeys(KEYS_PER_ROUND);
        // As long as the round took: what users do comes in between.
        if (found === KEYS_PER_ROUND) await restFor(performance.now() - began);
      }
    } catch (error) {
      if (!this.isStopped) this.logger.warn({ err: error }, 'A sweep failed; it is tried again.');
    } finally {
      this.isRunning = false;
    }
  }

  /** Begins no further round. */
  beforeApplicationShutdown(): void {
    this.isStopped = true;
  }
}
