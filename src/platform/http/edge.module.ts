import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, Reflector } from '@nestjs/core';
import { AccessGuard, AuthModule } from '../auth/index.js';
import { CONFIG, type Config } from '../config/index.js';
import { ErrorFilter } from './error.filter.js';
import { OpenStreams } from './open-streams.js';
import { addressRate, AddressRateLimitGuard, UserRateLimitGuard } from './rate-limit.guard.js';

/** Everything that stands between the network and the first controller, and the one exit of errors. */
@Global()
@Module({
  imports: [AuthModule],
  providers: [
    { provide: APP_FILTER, useClass: ErrorFilter },
    // In this order: addresses are counted before tokens are looked at, users once they are known.
    {
      provide: APP_GUARD,
      inject: [CONFIG, Reflector],
      useFactory: (config: Config, reflector: Reflector) =>
        new AddressRateLimitGuard(addressRate(config), reflector),
    },
    { provide: APP_GUARD, useExisting: AccessGuard },
    {
      provide: APP_GUARD,
      inject: [CONFIG, Reflector],
      useFactory: (config: Config, reflector: Reflector) =>
        new UserRateLimitGuard(config.RATE_LIMIT, reflector),
    },
    OpenStreams,
  ],
  exports: [OpenStreams],
})
export class EdgeModule {}
