import { Injectable } from '@nestjs/common';
import { Histogram } from 'prom-client';
import { Metrics } from '../../platform/telemetry/index.js';

const LAG_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** How long events take to be stored. */
@Injectable()
export class LogMetrics {
  private readonly lag: Histogram;

  constructor({ registry }: Metrics) {
    this.lag = new Histogram({
      name: 'threadline_event_log_lag_seconds',
      help: "Time from an event's making to its being stored.",
      buckets: LAG_SECONDS,
      registers: [registry],
    });
  }

  /** Milliseconds from an event's creation to its storage; a negative lag (the clock was set back) counts as zero. */
  eventStored(lagMs: number): void {
    this.lag.observe(Math.max(0, lagMs) / 1_000);
  }
}
