import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { restFor } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { isTimeout } from '../../platform/database/index.js';
import { EVENT_RETENTION, type EventRetention } from '../ports/event-retention.js';

const TURNS_PER_ROUND = 20;
/** The pause after each round, in multiples of its duration: users' requests take precedence. */
const REST = 3;

/** Merges the pieces of each answer into one event, `EVENT_RETENTION` after the end of its turn. */
@Injectable()
export class CompactEvents implements BeforeApplicationShutdown {
  private readonly logger = new Logger(CompactEvents.name);
  private turnsPerRound = TURNS_PER_ROUND;
  private isRunning = false;
  private isStopped = false;

  constructor(
    @Inject(EVENT_RETENTION) private readonly retention: EventRetention,
    @Inject(CONFIG) private readonly config: Pick<Config, 'EVENT_RETENTION'>,
  ) {}

  /** Compacts a few turns at a time until none is due. Never throws; does nothing while an earlier call is running. */
  async run(): Promise<void> {
    if (this.isRunning || this.isStopped) return;
    this.isRunning = true;
    try {
      let turns = 0;
      for (let isMore = true; isMore && !this.isStopped;) {
        const began = performance.now();
        const found = await this.retention.compact(this.config.EVENT_RETENTION, this.turnsPerRound);
        turns += found;
        isMore = found === this.turnsPerRound;
        this.turnsPerRound = Math.min(TURNS_PER_ROUND, this.turnsPerRound + 1);
        if (isMore) await restFor((performance.now() - began) * REST);
      }
      if (turns > 0) this.logger.debug(`Compacted the events of ${turns} turn(s).`);
    } catch (error) {
      // These turns are long: compact fewer of them per round.
      if (isTimeout(error)) this.turnsPerRound = Math.ceil(this.turnsPerRound / 2);
      if (!this.isStopped)
        this.logger.warn({ err: error }, 'Compacting events failed; it will be tried again.');
    } finally {
      this.isRunning = false;
    }
  }

  /** Starts no further round. */
  beforeApplicationShutdown(): void {
    this.isStopped = true;
  }
}
