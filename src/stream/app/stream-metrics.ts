import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Metrics } from '../../platform/telemetry/index.js';

/** Metrics of the open event streams, and of those that were closed because they stalled. */
@Injectable()
export class StreamMetrics {
  private readonly open: Gauge;
  private readonly stalled: Counter;

  constructor(private readonly metrics: Metrics) {
    const registers = [metrics.registry];
    this.open = new Gauge({
      name: 'threadline_open_streams',
      help: 'Event streams that this process has open.',
      registers,
    });
    this.stalled = new Counter({
      name: 'threadline_stalled_streams_total',
      help: 'Event streams that were closed because their client took nothing for STREAM_STALL_TIMEOUT.',
      registers,
    });
  }

  /** Reads the number of open event streams at each scrape. */
  watchOpen(read: () => number): void {
    this.metrics.onScrape(() => this.open.set(read()));
  }

  streamStalled(): void {
    this.stalled.inc();
  }
}
