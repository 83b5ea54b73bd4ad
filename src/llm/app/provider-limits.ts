import { Inject, Injectable } from '@nestjs/common';
import { WaitQueue } from '../../kernel/index.js';
import { CONFIG, type Config, type ProviderSettings } from '../../platform/config/index.js';
import { ModelError } from '../core/model-error.js';
import { TokenWindow } from '../core/token-window.js';

const MAX_WAITING = 1_000;

/** A slot within a provider's limits. It must be released, however the request ended. */
export interface Slot {
  /** Replaces the estimate by the tokens that were used. */
  correctTokens(actualTokens: number): void;
  /** Frees the slot for the next request; idempotent. */
  release(): void;
}

type Limits = NonNullable<ProviderSettings['limits']>;

const UNLIMITED: Slot = { correctTokens: () => undefined, release: () => undefined };

/** Keeps requests within the configured limits of each provider; without limits it costs nothing. */
@Injectable()
export class ProviderLimits {
  private readonly limiters: ReadonlyMap<string, ProviderLimiter>;

  constructor(@Inject(CONFIG) config: Pick<Config, 'providers' | 'LLM_QUEUE_TIMEOUT_MS'>) {
    this.limiters = new Map(
      config.providers.flatMap(({ name, limits }) =>
        limits === undefined || Object.values(limits).every((limit) => limit === undefined)
          ? []
          : [[name, new ProviderLimiter(name, limits, config.LLM_QUEUE_TIMEOUT_MS)] as const],
      ),
    );
  }

  /**
   * Waits for a slot, first come, first served. Rejects with the signal's reason as soon as it aborts, and with
   * `RATE_LIMITED` and its `retryAfter` when the wait is too long or too many requests wait already.
   */
  async acquire(provider: string, estimatedTokens: number, signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    return this.limiters.get(provider)?.acquire(estimatedTokens, signal) ?? UNLIMITED;
  }
}

/** One provider's limits and the queue of requests. Timers run only while a request waits. */
class ProviderLimiter {
  private readonly waiting: WaitQueue<number, Slot>;
  private readonly concurrency: number;
  private readonly requests: TokenWindow | undefined;
  private readonly tokens: TokenWindow | undefined;
  private inFlight = 0;
  private admissionTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly provider: string,
    { concurrency, requestsPerMinute, tokensPerMinute }: Limits,
    timeoutMs: number,
  ) {
    this.concurrency = concurrency ?? Number.POSITIVE_INFINITY;
    this.requests = windowOf(requestsPerMinute);
    this.tokens = windowOf(tokensPerMinute);
    this.waiting = new WaitQueue({
      tryAcquire: (tokens) => (this.hasCapacity(tokens) ? this.grant(tokens) : undefined),
      // All requests are of one owner, so none overtakes another: a large request would never be admitted otherwise.
      ownerOf: () => provider,
      maxWaiting: MAX_WAITING,
      maxWaitMs: timeoutMs,
      refusal: (tokens) => this.refusal(tokens),
      onChange: (next) => this.scheduleAdmission(next),
    });
  }

  acquire(tokens: number, signal: AbortSignal): Slot | Promise<Slot> {
    return this.waiting.acquire(tokens, signal);
  }

  /** Schedules the next admission for when the first request in the queue will fit. */
  private scheduleAdmission(tokens: number | undefined): void {
    clearTimeout(this.admissionTimer);
    this.admissionTimer = undefined;
    // When all slots are taken, the next release admits.
    if (tokens === undefined || this.inFlight >= this.concurrency) return;
    this.admissionTimer = setTimeout(() => this.waiting.admit(), Math.ceil(this.windowWaitMs(tokens)));
  }

  private hasCapacity(tokens: number): boolean {
    return this.inFlight < this.concurrency && this.windowWaitMs(tokens) <= 0;
  }

  private windowWaitMs(tokens: number): number {
    return Math.max(this.requests?.waitMs(1) ?? 0, this.tokens?.waitMs(tokens) ?? 0);
  }

  private grant(tokens: number): Slot {
    this.inFlight += 1;
    this.requests?.reserve(1);
    const taken = this.tokens?.reserve(tokens);
    let isInside = true;
    return {
      correctTokens: (actual) => {
        taken?.correct(actual);
        this.waiting.admit();
      },
      release: () => {
        if (!isInside) return;
        isInside = false;
        this.inFlight -= 1;
        this.waiting.admit();
      },
    };
  }

  private refusal(tokens: number): ModelError {
    const retryAfter = Math.max(1, Math.ceil(this.windowWaitMs(tokens) / 1_000));
    return new ModelError(
      'rate',
      'RATE_LIMITED',
      `This server's limits for the provider ${this.provider} leave no room right now. Try again in ${retryAfter} second(s).`,
      { retryAfter, details: { provider: this.provider } },
    );
  }
}

function windowOf(limit: number | undefined): TokenWindow | undefined {
  return limit === undefined ? undefined : new TokenWindow(limit, () => performance.now());
}
