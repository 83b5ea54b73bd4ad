import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AuthModule } from '../auth/index.js';
import { CONFIG, type Config } from '../config/index.js';
import { Admission, AdmittedGuard } from './admission.js';
import { BodiesInFlight } from './bodies-in-flight.js';
import { enableCors } from './cors.js';
import { ErrorFilter } from './errors/filter.js';
import { HttpMetrics } from './http-metrics.js';
import { MetricsController, MetricsGuard } from './metrics.controller.js';
import { OpenStreams } from './open-streams.js';
import { addressRate, AddressRateLimitGuard, UserRateLimitGuard } from './rate-limit.guard.js';
import { validationPipe } from './validation.js';

/** Everything between the network and the controllers, and the error filter. */
@Global()
@Module({
  imports: [AuthModule],
  controllers: [MetricsController],
  providers: [
    { provide: APP_FILTER, useClass: ErrorFilter },
    { provide: APP_GUARD, useClass: AdmittedGuard },
    Admission,
    BodiesInFlight,
    HttpMetrics,
    MetricsGuard,
    {
      provide: AddressRateLimitGuard,
      inject: [CONFIG, Reflector],
      useFactory: (config: Config, reflector: Reflector) =>
        new AddressRateLimitGuard(addressRate(config), reflector),
    },
    {
      provide: UserRateLimitGuard,
      inject: [CONFIG, Reflector],
      useFactory: (config: Config, reflector: Reflector) =>
        new UserRateLimitGuard(config.RATE_LIMIT, reflector),
    },
    OpenStreams,
  ],
  exports: [OpenStreams],
})
export class EdgeModule {}

/** Configures what every application needs besides its modules and its adapter: validation, and CORS if enabled. */
export function configureHttp(app: NestFastifyApplication, config: Config): Promise<void> {
  app.useGlobalPipes(validationPipe());
  enableCors(app, config);
  return Promise.resolve();
}
