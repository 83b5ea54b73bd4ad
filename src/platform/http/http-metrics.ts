import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { Histogram } from 'prom-client';
import { Metrics } from '../telemetry/index.js';

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Measures every request that is answered. */
@Injectable()
export class HttpMetrics implements OnModuleInit {
  private readonly duration: Histogram<'method' | 'route' | 'status'>;

  constructor(
    metrics: Metrics,
    private readonly host: HttpAdapterHost<FastifyAdapter>,
  ) {
    this.duration = new Histogram({
      name: 'threadline_http_request_duration_seconds',
      help: 'Time of HTTP requests by route; an event stream lasts as long as it is open.',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: REQUEST_SECONDS,
      registers: [metrics.registry],
    });
  }

  /** A process without HTTP has no requests to measure. */
  onModuleInit(): void {
    const server = this.host.httpAdapter?.getInstance?.();
    server?.addHook('onResponse', (request, reply, done) => {
      // The route's template: paths contain ids, and would be unbounded.
      const route = (request.is404 ? undefined : request.routeOptions.url) ?? 'unmatched';
      const labels = { method: request.method, route, status: String(reply.statusCode) };
      this.duration.observe(labels, reply.elapsedTime / 1_000);
      done();
    });
  }
}
