import { Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { LoggerModule, PinoLogger } from 'nestjs-pino';
import type { DestinationStream } from 'pino';
import { CONFIG, type Config } from '../config/index.js';
import { accessLine } from './access-line.js';
import { logOptions } from './log-options.js';

/** Optional: a pino destination to write to in place of standard output. */
export const LOG_DESTINATION = Symbol('LogDestination');

/** Structured logs: Nest's own logger writes through it once `app.useLogger(app.get(Logger))` has been called. */
@Module({
  imports: [
    LoggerModule.forRootAsync({
      inject: [CONFIG, { token: LOG_DESTINATION, optional: true }],
      useFactory: (config: Config, destination?: DestinationStream) => ({
        // Requests need no logger of their own.
        forRoutes: [],
        pinoHttp: destination === undefined ? logOptions(config) : [logOptions(config), destination],
      }),
    }),
  ],
})
export class LoggingModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost<FastifyAdapter>) {}

  /** A process without HTTP has no requests to log. */
  onModuleInit(): void {
    const server = this.host.httpAdapter?.getInstance?.();
    server?.addHook('onResponse', (request, reply, done) => {
      const line = accessLine({ request, reply });
      // The root logger: the entry names its request itself.
      if (line !== undefined) PinoLogger.root.info(line, 'request');
      done();
    });
  }
}
