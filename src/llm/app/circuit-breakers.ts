import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { CircuitBreaker, type BreakerState } from '../core/circuit-breaker.js';
import { isTrouble, ModelError } from '../core/model-error.js';

const MAX_BREAKERS = 1_000;

/** The state of one model's breaker. */
export interface ModelBreaker {
  readonly model: string;
  readonly state: BreakerState;
  /** Failures since the last success. */
  readonly failures: number;
  /** When it will be probed, while it is open. ISO 8601 UTC with milliseconds. */
  readonly retryAt: string | null;
}

interface Entry {
  readonly provider: string;
  readonly model: string;
  readonly breaker: CircuitBreaker;
}

/**
 * One breaker for each provider and model of this process. Clients choose the models' names, so there are at most a
 * thousand; the least recently used breaker without failures is evicted first.
 */
@Injectable()
export class CircuitBreakers {
  /** In the order of their last use. */
  private readonly entries = new Map<string, Entry>();

  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<Config, 'LLM_BREAKER_THRESHOLD' | 'LLM_BREAKER_COOLDOWN_MS'>,
  ) {}

  /** The breaker of a model, created on first use. */
  of(provider: string, model: string): CircuitBreaker {
    const key = keyOf(provider, model);
    const entry = this.entries.get(key) ?? { provider, model, breaker: this.newBreaker() };
    this.entries.delete(key);
    if (this.entries.size >= MAX_BREAKERS) this.evictOne();
    this.entries.set(key, entry);
    return entry.breaker;
  }

  /** Admits a request. Throws `PROVIDER_UNAVAILABLE` while the breaker is open, and while another request probes. */
  enter(provider: string, model: string): Permit {
    const breaker = this.of(provider, model);
    if (!breaker.tryEnter()) throw breakerOpen(provider, breaker.retryAt);
    return new Permit(breaker);
  }

  /** What {@link enter} would throw now. */
  refusal(provider: string, model: string): ModelError | undefined {
    return this.isOpen(provider, model) ? breakerOpen(provider, this.of(provider, model).retryAt) : undefined;
  }

  /** Whether a request would be rejected now: while the breaker is open, and while another request probes. */
  isOpen(provider: string, model: string): boolean {
    return this.entries.get(keyOf(provider, model))?.breaker.refuses ?? false;
  }

  /** The breakers of the provider's models that were asked recently, the latest one last. */
  states(provider: string): readonly ModelBreaker[] {
    return [...this.entries.values()]
      .filter((entry) => entry.provider === provider)
      .map(({ model, breaker: { state, failures, retryAt } }) => ({
        model,
        state,
        failures,
        retryAt: retryAt === undefined ? null : new Date(retryAt).toISOString(),
      }));
  }

  private newBreaker(): CircuitBreaker {
    return new CircuitBreaker(
      { threshold: this.config.LLM_BREAKER_THRESHOLD, cooldownMs: this.config.LLM_BREAKER_COOLDOWN_MS },
      Date.now,
    );
  }

  private evictOne(): void {
    let key = this.entries.keys().next().value;
    for (const [candidate, { breaker }] of this.entries) {
      if (breaker.failures > 0) continue;
      key = candidate;
      break;
    }
    if (key !== undefined) this.entries.delete(key);
  }
}

/** Permission to make one request. Its breaker is told the outcome once: the first report counts. */
export class Permit {
  private readonly isProbe: boolean;
  private wasAnswered = false;
  private isOver = false;

  constructor(private readonly breaker: CircuitBreaker) {
    this.isProbe = breaker.state === 'half_open';
  }

  /** The provider answers. That is all a probe has to find out; the answer itself may take minutes. */
  answered(): void {
    if (this.wasAnswered) return;
    this.wasAnswered = true;
    if (this.isProbe) this.breaker.succeeded();
  }

  succeeded(): void {
    this.say('succeeded');
  }

  /**
   * A provider that rejects a request works, and a request that fails because its signal aborted says nothing about it.
   */
  failed(error: unknown, { aborted }: AbortSignal): void {
    if (aborted) this.say('abandoned');
    else this.say(isTrouble(error) ? 'failed' : 'succeeded');
  }

  /** The request ended for a reason that says nothing about the provider. */
  abandoned(): void {
    this.say('abandoned');
  }

  private say(how: 'succeeded' | 'failed' | 'abandoned'): void {
    if (this.isOver) return;
    this.isOver = true;
    this.breaker[how]();
  }
}

/** `PROVIDER_UNAVAILABLE` without a request: the breaker is open until `retryAt`, in milliseconds since 1970. */
function breakerOpen(provider: string, retryAt: number | undefined): ModelError {
  const retryAfter = retryAt === undefined ? 1 : Math.max(1, Math.ceil((retryAt - Date.now()) / 1_000));
  return new ModelError(
    'server',
    'PROVIDER_UNAVAILABLE',
    `The provider ${provider} has failed too often and is left alone for a moment. Try again, or choose another provider.`,
    { retryAfter, details: { provider, retryAfter } },
  );
}

/** Names of providers contain no line break, so two pairs never have the same key. */
function keyOf(provider: string, model: string): string {
  return `${provider}\n${model}`;
}
