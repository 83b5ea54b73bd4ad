import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { MESSAGE_INDEX, type MessageIndex } from '../ports/message-index.js';

/** How long a message may stay unindexed. */
const PERIOD_MS = 5_000;
/** The pause after each round, in multiples of its duration: users' requests take precedence. */
const REST = 5;

/** Indexes messages for search, some seconds after their turns have ended. */
@Injectable()
export class IndexMessages implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(IndexMessages.name);
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    @Inject(MESSAGE_INDEX) private readonly index: MessageIndex,
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE'>,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.ROLE === 'api') return;
    this.timer = setInterval(() => void this.run(), PERIOD_MS).unref();
  }

  /** Indexes all pending messages, in small rounds. Never throws; a call during an earlier one joins it. */
  run(): Promise<void> {
    return (this.running ??= this.indexAll().finally(() => (this.running = undefined)));
  }

  /** Starts no further round, and waits for the current one. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.running;
  }

  private async indexAll(): Promise<void> {
    const { signal } = this.stopping;
    try {
      for (let taken = 1; taken > 0 && !signal.aborted;) {
        const began = performance.now();
        taken = await this.index.indexPending();
        const rest = (performance.now() - began) * REST;
        if (taken > 0) await pause(rest, undefined, { signal, ref: false });
      }
    } catch (error) {
      if (!signal.aborted) this.logger.warn({ err: error }, 'Indexing messages failed; it is tried again.');
    }
  }
}
