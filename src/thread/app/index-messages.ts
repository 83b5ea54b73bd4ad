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

/** How long a message may be searched for without the index. */
const PERIOD_MS = 5_000;
/** After each round it rests for so many times as long as the round took: what users do comes first. */
const REST = 5;

/** Puts messages into the index of searches, some seconds after their turns have ended. */
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

  /** Takes in what there is, a little at a time. Never throws; joins an earlier call that is still at it. */
  run(): Promise<void> {
    return (this.running ??= this.takeAll().finally(() => (this.running = undefined)));
  }

  /** Begins no further round, and lets the one under way end. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.running;
  }

  private async takeAll(): Promise<void> {
    const { signal } = this.stopping;
    try {
      for (let taken = 1; taken > 0 && !signal.aborted;) {
        const began = performance.now();
        taken = await this.index.takeIn();
        const rest = (performance.now() - began) * REST;
        if (taken > 0) await pause(rest, undefined, { signal, ref: false });
      }
    } catch (error) {
      if (!signal.aborted) this.logger.warn({ err: error }, 'Indexing messages failed; it is tried again.');
    }
  }
}
