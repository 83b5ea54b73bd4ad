import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { CircuitBreaker, type BreakerState } from '../core/circuit-breaker.js';
import { isTrouble, ModelError } from '../core/model-error.js';

const MOST_BREAKERS = 1_000;

/** How one model of a provider fares. */
export interface ModelBreaker {
  readonly model: string;
  readonly state: BreakerState;
  /** Failures since the last success. */
  readonly failures: number;
  /** When it is tried again, while it is left alone. ISO 8601 UTC with milliseconds. */
  readonly retryAt: string | null;
}

interface Entry {
  readonly provider: string;
  readonly model: string;
  readonly breaker: CircuitBreaker;
}

/**
 * One breaker for each provider and model of this process. The names of models come from clients, so there are never
 * more than a thousand; who is given up first is who has nothing against it and was asked longest ago.
 */
@Injectable()
export class CircuitBreakers {
  /** In the order of their last use. */
  private readonly entries = new Map<string, Entry>();

  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<Config, 'LLM_BREAKER_THRESHOLD' | 'LLM_BREAKER_COOLDOWN_MS'>,
  ) {}

  /** The breaker of a model, made when it is first asked for. */
  of(provider: string, model: string): CircuitBreaker {
    const key = keyOf(provider, model);
    const entry = this.entries.get(key) ?? { provider, model, breaker: this.newBreaker() };
    this.entries.delete(key);
    if (this.entries.size >= MOST_BREAKERS) this.giveOneUp();
    this.entries.set(key, entry);
    return entry.breaker;
  }

  /** Lets a request in. Throws `PROVIDER_UNAVAILABLE` during the pause, and while another one probes. */
  enter(provider: string, model: string): Permit {
    const breaker = this.of(provider, model);
    if (!breaker.tryEnter()) throw breakerOpen(provider, breaker.retryAt);
    return new Permit(breaker);
  }

  /** What {@link enter} would throw now. */
  refusal(provider: string, model: string): ModelError | undefined {
    return this.isOpen(provider, model) ? breakerOpen(provider, this.of(provider, model).retryAt) : undefined;
  }

  /** Whether a request would be turned away now: during the pause, and while another one probes. */
  isOpen(provider: string, model: string): boolean {
    return this.entries.get(keyOf(provider, model))?.breaker.refuses ?? false;
  }

  /** Every model of the provider that was asked lately, the one asked last at the end. */
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

  private giveOneUp(): void {
    let key = this.entries.keys().next().value;
    for (const [candidate, { breaker }] of this.entries) {
      if (breaker.failures > 0) continue;
      key = candidate;
      break;
    }
    if (key !== undefined) this.entries.delete(key);
  }
}

/** Leave to make one request. Its breaker hears once how that went: what is said first counts. */
export class Permit {
  private readonly isProbe: boolean;
  private wasAnswered = false;
  private isOver = false;

  constructor(private readonly breaker: CircuitBreaker) {
    this.isProbe = breaker.state === 'half_open';
  }

  /** The provider answers. A probe has told then what it was sent for; the answer itself may take minutes. */
  answered(): void {
    if (this.wasAnswered) return;
    this.wasAnswered = true;
    if (this.isProbe) this.breaker.succeeded();
  }

  succeeded(): void {
    this.say('succeeded');
  }

  /** A provider that says no is alive, and what fails because its signal aborts says nothing. */
  failed(error: unknown, { aborted }: AbortSignal): void {
    if (aborted) this.say('abandoned');
    else this.say(isTrouble(error) ? 'failed' : 'succeeded');
  }

  /** It ended for a reason that says nothing about the provider. */
  abandoned(): void {
    this.say('abandoned');
  }

  private say(how: 'succeeded' | 'failed' | 'abandoned'): void {
    if (this.isOver) return;
    this.isOver = true;
    this.breaker[how]();
  }
}

/** `PROVIDER_UNAVAILABLE` without asking: its breaker is open until `retryAt`, in milliseconds since 1970. */
function breakerOpen(provider: string, retryAt: number | undefined): ModelError {
  const retryAfter = retryAt === undefined ? 1 : Math.max(1, Math.ceil((retryAt - Date.now()) / 1_000));
  return new ModelError(
    'server',
    'PROVIDER_UNAVAILABLE',
    `The provider ${provider} has failed too often and is left alone for a moment. Try again, or choose another provider.`,
    { retryAfter, details: { provider, retryAfter } },
  );
}

/** Providers' names have no line break, so no two pairs have one key. */
function keyOf(provider: string, model: string): string {
  return `${provider}\n${model}`;
}
