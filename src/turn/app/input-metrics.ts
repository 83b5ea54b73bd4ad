import { Inject, Injectable } from '@nestjs/common';
import { Gauge, Histogram } from 'prom-client';
import { Metrics } from '../../platform/telemetry/index.js';
import { INPUT_STORE, type Input, type InputStore } from '../ports/input-store.js';

/** Seconds: a minute, ten, an hour, a working day, a day, three, a week, a month. */
const BUCKETS = [60, 600, 3_600, 28_800, 86_400, 259_200, 604_800, 2_592_000];

/** What turns wait for, and how long it takes people to answer. */
@Injectable()
export class InputMetrics {
  private readonly open: Gauge;
  private readonly time: Histogram<'kind' | 'outcome'>;

  constructor(
    @Inject(Metrics) metrics: Metrics,
    @Inject(INPUT_STORE) private readonly inputs: Pick<InputStore, 'countOpen'>,
  ) {
    const registers = [metrics.registry];
    this.open = new Gauge({
      name: 'threadline_inputs_open',
      help: 'Inputs that turns wait for, in all processes.',
      registers,
    });
    this.time = new Histogram({
      name: 'threadline_input_answer_seconds',
      help: 'From asking for an input to its answer or its end, in this process.',
      labelNames: ['kind', 'outcome'] as const,
      buckets: BUCKETS,
      registers,
    });
    metrics.onScrape(async () => this.open.set(await this.inputs.countOpen()));
  }

  closed({ kind, status, createdAt, answeredAt }: Input): void {
    if (status === 'open' || answeredAt === undefined) return;
    const seconds = (Date.parse(answeredAt) - Date.parse(createdAt)) / 1_000;
    this.time.observe({ kind, outcome: status }, seconds);
  }
}
