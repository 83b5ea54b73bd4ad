import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { KnownModels } from './model-labels.js';

/** What is measured of one attempt at a model, with its retries before the first token. Times are in milliseconds. */
export interface MeasuredAttempt {
  readonly provider: string;
  readonly model: string;
  readonly outcome: string;
  /** Of the answer's tokens; `cachedTokens` are part of the input, `reasoningTokens` of the output. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly reasoningTokens: number;
  /** US dollars; `null` where the model's price is unknown. */
  readonly cost: number | null;
  readonly firstTokenMs: number | null;
  readonly durationMs: number;
  /** Requests beyond the first. */
  readonly retries: number;
  readonly errorCode: string | null;
  /** Whose fault a failure was: `key`, `server`, `rate`, `request` or `refusal`. */
  readonly fault?: string | undefined;
}

/** A breaker as the metrics show it. */
export interface MeasuredBreaker {
  readonly provider: string;
  readonly model: string;
  readonly state: keyof typeof BREAKER_STATES;
}

const BREAKER_STATES = { closed: 0, half_open: 1, open: 2 } as const;

const FIRST_TOKEN_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60];
const DURATION_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 900];
const MODEL = ['provider', 'model'] as const;

/** Everything measured about asking models. */
export class LlmMetrics {
  private readonly models = new KnownModels();
  private readonly instruments: ReturnType<typeof llmInstruments>;

  constructor(registry: Registry) {
    this.instruments = llmInstruments(registry);
  }

  /** Takes down an attempt that has ended, however it did. */
  attempt(measured: MeasuredAttempt): void {
    const { provider, outcome, retries, cost, firstTokenMs, durationMs, errorCode, fault } = measured;
    const { firstToken, duration, attempts, errors, retried, dollars } = this.instruments;
    const model = this.models.labels(provider, measured.model);
    attempts.inc({ ...model, outcome });
    duration.observe({ ...model }, durationMs / 1_000);
    if (firstTokenMs !== null) firstToken.observe({ ...model }, firstTokenMs / 1_000);
    if (retries > 0) retried.inc({ provider }, retries);
    if (cost !== null && cost > 0) dollars.inc({ ...model }, cost);
    if (errorCode !== null) errors.inc({ provider, class: fault ?? 'request', code: errorCode });
    this.countTokens(measured);
  }

  /** Another provider was asked because one could not answer. */
  failover(from: string, to: string): void {
    this.instruments.failovers.inc({ from, to });
  }

  /** Shows the breakers as they are now, in place of those shown before. */
  showBreakers(breakers: readonly MeasuredBreaker[]): void {
    const worst = new Map<string, { labels: { provider: string; model: string }; state: number }>();
    for (const { provider, model, state } of breakers) {
      const labels = this.models.labels(provider, model);
      const key = `${labels.provider}\n${labels.model}`;
      worst.set(key, { labels, state: Math.max(worst.get(key)?.state ?? 0, BREAKER_STATES[state]) });
    }
    this.instruments.breakers.reset();
    for (const { labels, state } of worst.values()) this.instruments.breakers.set(labels, state);
  }

  private countTokens(measured: MeasuredAttempt): void {
    const model = this.models.labels(measured.provider, measured.model);
    const counts = {
      input: measured.inputTokens,
      output: measured.outputTokens,
      cached: measured.cachedTokens,
      reasoning: measured.reasoningTokens,
    };
    for (const [direction, count] of Object.entries(counts)) {
      if (count > 0) this.instruments.tokens.inc({ ...model, direction }, count);
    }
  }
}

function llmInstruments(registry: Registry) {
  const registers = [registry];
  return {
    firstToken: new Histogram({
      name: 'threadline_llm_first_token_seconds',
      help: 'Time from the request to the first piece of the answer.',
      labelNames: MODEL,
      buckets: FIRST_TOKEN_SECONDS,
      registers,
    }),
    duration: new Histogram({
      name: 'threadline_llm_duration_seconds',
      help: 'Time of a whole attempt at a model, with its retries.',
      labelNames: MODEL,
      buckets: DURATION_SECONDS,
      registers,
    }),
    tokens: new Counter({
      name: 'threadline_llm_tokens_total',
      help: 'Tokens; cached is part of input, reasoning part of output.',
      labelNames: [...MODEL, 'direction'] as const,
      registers,
    }),
    attempts: new Counter({
      name: 'threadline_llm_attempts_total',
      help: 'Attempts at a model by how they ended.',
      labelNames: [...MODEL, 'outcome'] as const,
      registers,
    }),
    dollars: new Counter({
      name: 'threadline_llm_cost_dollars_total',
      help: 'US dollars, for models whose price is known.',
      labelNames: MODEL,
      registers,
    }),
    breakers: new Gauge({
      name: 'threadline_llm_breaker_state',
      help: '0 closed, 1 half-open, 2 open.',
      labelNames: MODEL,
      registers,
    }),
    ...failureInstruments(registers),
  };
}

function failureInstruments(registers: Registry[]) {
  return {
    errors: new Counter({
      name: 'threadline_llm_errors_total',
      help: 'Attempts that failed, by whose fault it was and the code of the catalogue of errors.',
      labelNames: ['provider', 'class', 'code'] as const,
      registers,
    }),
    retried: new Counter({
      name: 'threadline_llm_retries_total',
      help: 'Requests repeated at the same provider before the first token.',
      labelNames: ['provider'] as const,
      registers,
    }),
    failovers: new Counter({
      name: 'threadline_llm_failovers_total',
      help: 'Times another provider was asked because one could not answer.',
      labelNames: ['from', 'to'] as const,
      registers,
    }),
  };
}
