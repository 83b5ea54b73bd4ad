import { Injectable } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';
import type { ToolDefinition, ToolServer } from '../ports/tool.js';
import { Metrics } from '../../platform/telemetry/index.js';

const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

const MAX_SERVER_LABELS = 100;

/** How a call came to its end. `refused`: the tool said why it could not. `asked`: it goes on when people have answered. */
export type CallOutcome = 'ok' | 'refused' | 'asked' | 'failed' | 'timeout' | 'stopped';

/** How many calls of each tool there were, how they ended and how long they took. */
@Injectable()
export class ToolMetrics {
  private readonly calls: Counter<'tool' | 'outcome'>;
  private readonly duration: Histogram<'tool'>;
  private readonly servers = new Set<string>();

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

  called({ name, server }: ToolDefinition, outcome: CallOutcome, durationMs: number): void {
    const tool = server === undefined ? name : this.labelOf(server);
    this.calls.inc({ tool, outcome });
    this.duration.observe({ tool }, durationMs / 1_000);
  }

  /** Servers name their tools as they like, and organisations their servers: of those there are so many labels at most. */
  private labelOf({ name }: ToolServer): string {
    if (this.servers.size < MAX_SERVER_LABELS) this.servers.add(name);
    return this.servers.has(name) ? `${name}__*` : 'other__*';
  }
}
