import { SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { ThrottlerGuard } from '@nestjs/throttler';
import { AppError } from '../../kernel/index.js';
import type { AuthenticatedRequest } from '../auth/index.js';
import type { Config } from '../config/index.js';
import { WindowCounter } from './window-counter.js';

const UNLIMITED_ROUTE = 'threadline:unlimited';
const ADDRESS_TO_USER = 10;

/** The throttler's data about a refused request; times in milliseconds and, until the block ends, seconds. */
interface Refusal {
  readonly limit: number;
  readonly ttl: number;
  readonly timeToBlockExpire: number;
}

/** A number of requests per window. */
export type Rate = Exclude<Config['RATE_LIMIT'], 'off'>;

/** Exempts a route, or a whole controller: probes may be frequent. */
export const SkipRateLimit = () => SetMetadata(UNLIMITED_ROUTE, true);

/** The rate of an address: as configured, else ten times a user's, so that the users of one office get through. */
export function addressRate({ RATE_LIMIT: user, RATE_LIMIT_IP: address }: Config): Config['RATE_LIMIT'] {
  return address ?? (user === 'off' ? 'off' : { ...user, limit: user.limit * ADDRESS_TO_USER });
}

/** Counts requests over all routes together and rejects those beyond the rate; without a rate it rejects none. */
abstract class RateLimitGuard extends ThrottlerGuard {
  constructor(
    private readonly rate: Config['RATE_LIMIT'],
    reflector: Reflector,
  ) {
    const { limit, windowMs } = rate === 'off' ? { limit: 0, windowMs: 0 } : rate;
    super([{ limit, ttl: windowMs }], new WindowCounter(), reflector);
  }

  /** No route has a rate of its own: the base class would look for one in ten places at each request. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.rate === 'off' || (await this.shouldSkip(context))) return true;
    const { limit, windowMs: ttl } = this.rate;
    const [throttler] = this.throttlers;
    const { getTracker, generateKey } = this.commonOptions;
    if (throttler === undefined || getTracker === undefined || generateKey === undefined)
      throw new Error('the throttler was not initialised');
    return this.handleRequest({
      context,
      limit,
      ttl,
      throttler,
      blockDuration: ttl,
      getTracker,
      generateKey,
    });
  }

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()];
    return Promise.resolve(
      this.reflector.getAllAndOverride<true | undefined>(UNLIMITED_ROUTE, places) === true,
    );
  }

  /** One count for all routes: the base class counts each handler separately. */
  protected override generateKey(_context: ExecutionContext, tracker: string): string {
    return tracker;
  }

  protected override throwThrottlingException(
    _context: ExecutionContext,
    { limit, ttl, timeToBlockExpire }: Refusal,
  ): Promise<void> {
    const retryAfter = timeToBlockExpire;
    throw new AppError('RATE_LIMITED', `Too many requests. Try again in ${retryAfter} seconds.`, {
      retryAfter,
      details: { limit, windowSeconds: ttl / 1_000 },
    });
  }
}

/**
 * Per address, before any work on tokens, so that wrong ones are counted too. An IPv6 network of /64 counts as one
 * address.
 */
export class AddressRateLimitGuard extends RateLimitGuard {}

/** Per user, after authentication. Public routes have no user and are counted by address alone. */
export class UserRateLimitGuard extends RateLimitGuard {
  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    return user === undefined || super.shouldSkip(context);
  }

  protected override getTracker(request: Record<string, unknown>): Promise<string> {
    const { user } = request as unknown as AuthenticatedRequest;
    // Ids contain no control characters, so the key is unique.
    return Promise.resolve(`${user?.org}\n${user?.id}`);
  }
}
