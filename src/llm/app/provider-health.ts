import { Inject, Injectable } from '@nestjs/common';
import { toAppError, type ErrorCode } from '../../kernel/index.js';
import { faultOf, ModelError } from '../core/model-error.js';
import { LANGUAGE_MODELS, type LanguageModel } from '../ports/language-model.js';
import { listModels } from './list-models.js';

/** The state of one model's breaker. */
export interface KnownBreaker {
  readonly model: string;
  readonly state: 'closed' | 'open' | 'half_open';
  /** Consecutive failures. */
  readonly failures: number;
  /** When the next request is admitted; ISO 8601 UTC, absent while it is closed. */
  readonly retryAt: string | null;
}

/** Injection token of the {@link BreakerStates}. */
export const BREAKER_STATES = Symbol('BreakerStates');

/** The states of this process's circuit breakers. */
export interface BreakerStates {
  states(provider: string): readonly KnownBreaker[];
}

/** up: it answers. degraded: it answers, but not everything. down: it does not answer, or rejects this server's key. */
export type HealthState = 'up' | 'degraded' | 'down' | 'unknown';

/** The health of a provider. `latencyMs` is the time that listing its models took, `error` why that failed. */
export interface ProviderReport {
  readonly provider: string;
  readonly state: HealthState;
  readonly latencyMs: number | null;
  /** ISO 8601 UTC. */
  readonly checkedAt: string | null;
  readonly error: ErrorCode | null;
  readonly breakers: readonly KnownBreaker[];
}

interface Probe {
  readonly state: 'up' | 'degraded' | 'down';
  readonly latencyMs: number;
  readonly checkedAt: string;
  readonly error: ErrorCode | null;
  readonly models: number | null;
}

interface MonitoredProvider {
  readonly languageModel: LanguageModel;
  last: Probe | undefined;
  probing: Promise<void> | undefined;
}

/** A probe's result is reused for this long. */
const FRESH_MS = 10_000;

/**
 * The health of the configured providers: all are probed at once by listing their models, each by one request at a
 * time.
 */
@Injectable()
export class ProviderHealth {
  private readonly monitored: readonly MonitoredProvider[];

  constructor(
    @Inject(LANGUAGE_MODELS) models: readonly LanguageModel[],
    @Inject(BREAKER_STATES) private readonly breakers: BreakerStates,
  ) {
    this.monitored = models.map((languageModel) => ({ languageModel, last: undefined, probing: undefined }));
  }

  /**
   * Every provider's state, probed unless that was done within ten seconds; takes five seconds at most and never
   * throws.
   */
  async check(): Promise<readonly ProviderReport[]> {
    await Promise.all(this.monitored.map(refreshed));
    return this.latest();
  }

  /** Every provider's state as of the last probe, without a request. */
  latest(): readonly ProviderReport[] {
    return this.monitored.map(({ languageModel: { provider }, last }) => {
      const breakers = this.breakers.states(provider);
      const { state, latencyMs, checkedAt, error } = last ?? UNKNOWN;
      const isBroken = state === 'up' && breakers.some((breaker) => breaker.state !== 'closed');
      return { provider, state: isBroken ? 'degraded' : state, latencyMs, checkedAt, error, breakers };
    });
  }

  /** The number of models in the provider's latest list; absent before the first. */
  modelCount(provider: string): number | undefined {
    const target = this.monitored.find(({ languageModel }) => languageModel.provider === provider);
    return target?.last?.models ?? undefined;
  }
}

const UNKNOWN = { state: 'unknown', latencyMs: null, checkedAt: null, error: null } as const;

async function refreshed(provider: MonitoredProvider): Promise<void> {
  const { last } = provider;
  if (last !== undefined && Date.now() - Date.parse(last.checkedAt) < FRESH_MS) return;
  provider.probing ??= probe(provider.languageModel).then((result) => {
    provider.last = result;
    provider.probing = undefined;
  });
  await provider.probing;
}

async function probe(model: LanguageModel): Promise<Probe> {
  const started = performance.now();
  const taken = () => ({
    latencyMs: Math.round(performance.now() - started),
    checkedAt: new Date().toISOString(),
  });
  try {
    const { length } = await listModels(model);
    return { state: 'up', ...taken(), error: null, models: length };
  } catch (error) {
    return { state: answers(error) ? 'degraded' : 'down', ...taken(), error: codeOf(error), models: null };
  }
}

/** A server that is asked too often, or that has no such list, does answer. */
function answers(error: unknown): boolean {
  return error instanceof ModelError && ['rate', 'request'].includes(faultOf(error));
}

function codeOf(error: unknown): ErrorCode {
  return toAppError(error).code;
}
