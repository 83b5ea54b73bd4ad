import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import type { TurnOutcome } from '../../kernel/index.js';
import { Metrics } from '../../platform/telemetry/index.js';

/** How many turns run here, and how they end. */
@Injectable()
export class TurnMetrics {
  private readonly turns: Gauge<'status'>;
  private readonly ended: Counter<'outcome'>;

  constructor(private readonly metrics: Metrics) {
    const registers = [metrics.registry];
    this.turns = new Gauge({
      name: 'threadline_turns',
      help: 'Turns that have not ended, by status.',
      labelNames: ['status'] as const,
      registers,
    });
    this.ended = new Counter({
      name: 'threadline_turns_total',
      help: 'Turns that this process brought to an end, by how they ended.',
      labelNames: ['outcome'] as const,
      registers,
    });
  }

  /** Shows at each scrape how many turns run here. */
  watchRunning(read: () => number): void {
    this.metrics.onScrape(() => this.turns.set({ status: 'running' }, read()));
  }

  turnEnded(outcome: TurnOutcome): void {
    this.ended.inc({ outcome });
  }
}
