import { Inject, Injectable } from '@nestjs/common';
import { CompactEvents } from '../../log/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { TurnGate } from './turn-gate.js';

const COMPACT_MS = 60_000;

/** Begins the periodic work that is no job, since every process has its part in it: compacting events. */
@Injectable()
export class Housekeeping {
  private compactedAt = -Infinity;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'EVENT_RETENTION'>,
    private readonly compact: CompactEvents,
    private readonly gate: TurnGate,
  ) {}

  /** Begins what is due. Never throws, and waits for nothing. */
  run(): void {
    if (!this.gate.isOpen) return;
    const now = performance.now();
    if (now - this.compactedAt < Math.min(COMPACT_MS, this.config.EVENT_RETENTION)) return;
    this.compactedAt = now;
    void this.compact.run();
  }
}
