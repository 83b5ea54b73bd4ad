import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Metrics } from '../../platform/telemetry/index.js';
import { ModelLabels } from '../../usage/index.js';
import type { BreakerState } from '../core/circuit-breaker.js';

/** A breaker as the metrics show it. */
export interface MeasuredBreaker {
  readonly provider: string;
  readonly model: string;
  readonly state: BreakerState;
}

const STATES = { closed: 0, half_open: 1, open: 2 } as const;

/** Metrics of failover and breakers; the usage module has those of tokens and cost. */
@Injectable()
export class LlmMetrics {
  private readonly failovers: Counter<'from' | 'to'>;
  private readonly breakers: Gauge<'provider' | 'model'>;

  constructor(
    private readonly metrics: Metrics,
    private readonly labels: ModelLabels,
  ) {
    const registers = [metrics.registry];
    this.failovers = new Counter({
      name: 'threadline_llm_failovers_total',
      help: 'Times another provider was asked because one could not answer.',
      labelNames: ['from', 'to'] as const,
      registers,
    });
    this.breakers = new Gauge({
      name: 'threadline_llm_breaker_state',
      help: '0 closed, 1 half-open, 2 open.',
      labelNames: ['provider', 'model'] as const,
      registers,
    });
  }

  /** Counts a failover from one provider to another. */
  failover(from: string, to: string): void {
    this.failovers.inc({ from, to });
  }

  /** Reads the breakers' states at each scrape, in place of those shown before. */
  watchBreakers(read: () => readonly MeasuredBreaker[]): void {
    this.metrics.onScrape(() => this.show(read()));
  }

  /** Where several breakers share a label, the worst one is shown. */
  private show(breakers: readonly MeasuredBreaker[]): void {
    const worst = new Map<string, { labels: { provider: string; model: string }; state: number }>();
    for (const { provider, model, state } of breakers) {
      const labels = this.labels.of(provider, model);
      const key = `${labels.provider}\n${labels.model}`;
      worst.set(key, { labels, state: Math.max(worst.get(key)?.state ?? 0, STATES[state]) });
    }
    this.breakers.reset();
    for (const { labels, state } of worst.values()) this.breakers.set(labels, state);
  }
}
