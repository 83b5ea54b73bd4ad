import {
  Global,
  Inject,
  Logger,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { CONFIG, type Config } from '../config/index.js';
import { Metrics } from './metrics.js';
import { belowRemoteSpan } from './spans.js';
import { startTracing, type Tracing } from './tracing.js';

/** Metrics and traces for every module, from the start of the application to its end. */
@Global()
@Module({ providers: [Metrics], exports: [Metrics] })
export class TelemetryModule implements OnModuleInit, OnApplicationShutdown {
  private tracing: Tracing | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly host: HttpAdapterHost<FastifyAdapter>,
  ) {}

  /** A process without HTTP has no requests with traces. */
  async onModuleInit(): Promise<void> {
    const logger = new Logger(TelemetryModule.name);
    this.tracing = await startTracing(this.config, (problem) => logger.warn(problem));
    const server = this.host.httpAdapter?.getInstance?.();
    server?.addHook('onRequest', (request, _reply, done) => belowRemoteSpan(request.headers, done));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.tracing?.shutdown();
  }
}
