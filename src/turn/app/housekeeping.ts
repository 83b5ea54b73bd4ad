import { Inject, Injectable } from '@nestjs/common';
import { CompactEvents } from '../../log/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { DrainState } from './drain-state.js';

const COMPACT_MS = 60_000;

/** Starts the periodic work of every process that is not done by a job: compacting events. */
@Injectable()
export class Housekeeping {
  private compactedAt = -Infinity;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'EVENT_RETENTION'>,
    private readonly compact: CompactEvents,
    private readonly drainState: DrainState,
  ) {}

  /** Starts what is due. Never throws, and returns at once. */
  run(): void {
    if (!this.drainState.isAccepting) return;
    const now = performance.now();
    if (now - this.compactedAt < Math.min(COMPACT_MS, this.config.EVENT_RETENTION)) return;
    this.compactedAt = now;
    void this.compact.run();
  }
}
