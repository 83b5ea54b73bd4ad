import { Injectable } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';
import { Metrics } from '../../platform/telemetry/index.js';

const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** How a call came to its end. `refused`: the tool said why it could not. */
export type CallOutcome = 'ok' | 'refused' | 'failed' | 'timeout' | 'stopped';

/** How many calls of each tool there were, how they ended and how long they took. */
@Injectable()
export class ToolMetrics {
  private readonly calls: Counter<'tool' | 'outcome'>;
  private readonly duration: Histogram<'tool'>;

  constructor({ registry }: Metrics) {
    this.calls = new Counter({
      name: 'threadline_tool_calls_total',
      help: 'Calls of tools that this process made, by how they ended.',
      labelNames: ['tool', 'outcome'] as const,
      registers: [registry],
    });
    this.duration = new Histogram({
      name: 'threadline_tool_call_duration_seconds',
      help: 'How long calls of tools took.',
      labelNames: ['tool'] as const,
      buckets: SECONDS,
      registers: [registry],
    });
  }

  called(tool: string, outcome: CallOutcome, durationMs: number): void {
    this.calls.inc({ tool, outcome });
    this.duration.observe({ tool }, durationMs / 1_000);
  }
}
