import { Inject, Injectable, Logger } from '@nestjs/common';
import { LogWakeUps } from '../../log/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { QueuedTurns } from './queued-turns.js';
import { TurnRecovery } from './turn-recovery.js';
import { TurnGate } from './turn-gate.js';

/**
 * The net under notifications and the queue: looks for turns that wait to be run, for those of processes that are gone,
 * and for events that nobody was woken for.
 */
@Injectable()
export class PollTurns {
  private readonly logger = new Logger(PollTurns.name);
  private looking: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE'>,
    private readonly recovery: TurnRecovery,
    private readonly queued: QueuedTurns,
    private readonly gate: TurnGate,
    private readonly wakeUps: LogWakeUps,
  ) {}

  /** Looks for turns to run. A process that only serves leaves them to the others. */
  async find(): Promise<void> {
    if (this.config.ROLE === 'api' || !this.gate.isOpen) return;
    await this.recovery.recoverAll();
    await this.queued.takeWaiting();
  }

  /** Looks for turns and for events, unless an earlier look is still at it. Never throws. */
  run(): void {
    this.looking ??= this.lookAround().finally(() => (this.looking = undefined));
  }

  /** Resolves when the look that is under way has ended. */
  async settled(): Promise<void> {
    await this.looking;
  }

  private async lookAround(): Promise<void> {
    try {
      await this.find();
      await this.wakeUps.compareHeads();
    } catch (error) {
      this.logger.warn({ err: error }, 'Looking for turns failed; the next heartbeat tries again.');
    }
  }
}
