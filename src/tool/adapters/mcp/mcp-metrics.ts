import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Metrics } from '../../../platform/telemetry/index.js';

/** How connections to MCP servers do. Servers that organisations have added have one label together. */
@Injectable()
export class McpMetrics {
  private readonly connections: Gauge<'server'>;
  private readonly connects: Counter<'server' | 'outcome'>;

  constructor({ registry }: Metrics) {
    this.connections = new Gauge({
      name: 'threadline_mcp_connections',
      help: 'Connections to MCP servers that are open now.',
      labelNames: ['server'] as const,
      registers: [registry],
    });
    this.connects = new Counter({
      name: 'threadline_mcp_connects_total',
      help: 'Attempts at connecting to MCP servers, by how they ended.',
      labelNames: ['server', 'outcome'] as const,
      registers: [registry],
    });
  }

  opened(server: string): void {
    this.connects.inc({ server, outcome: 'ok' });
    this.connections.inc({ server });
  }

  closed(server: string): void {
    this.connections.dec({ server });
  }

  failed(server: string, outcome: 'failed' | 'unauthorized'): void {
    this.connects.inc({ server, outcome });
  }
}
