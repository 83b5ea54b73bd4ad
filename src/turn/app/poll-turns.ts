import { Inject, Injectable, Logger } from '@nestjs/common';
import { LogWakeUps } from '../../log/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { QueuedTurns } from './queued-turns.js';
import { TurnRecovery } from './turn-recovery.js';
import { DrainState } from './drain-state.js';

/**
 * The fallback for lost notifications and queue entries: polls for turns that wait to run, for turns whose lease has
 * expired, and for events that no watcher was woken for.
 */
@Injectable()
export class PollTurns {
  private readonly logger = new Logger(PollTurns.name);
  private polling: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE'>,
    private readonly recovery: TurnRecovery,
    private readonly queued: QueuedTurns,
    private readonly drainState: DrainState,
    private readonly wakeUps: LogWakeUps,
  ) {}

  /** Polls for turns to run; does nothing in a process with `ROLE=api`. */
  async findTurns(): Promise<void> {
    if (this.config.ROLE === 'api' || !this.drainState.isAccepting) return;
    await this.recovery.recoverAll();
    await this.queued.beginWaiting();
  }

  /** Polls for turns and events, unless an earlier poll is still running. Never throws. */
  run(): void {
    this.polling ??= this.poll().finally(() => (this.polling = undefined));
  }

  /** Resolves when the poll in progress has ended. */
  async idle(): Promise<void> {
    await this.polling;
  }

  private async poll(): Promise<void> {
    try {
      await this.findTurns();
      await this.wakeUps.compareHeads();
    } catch (error) {
      this.logger.warn({ err: error }, 'Looking for turns failed; the next heartbeat tries again.');
    }
  }
}
