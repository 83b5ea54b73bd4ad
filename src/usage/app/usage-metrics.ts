import { Injectable } from '@nestjs/common';
import { Counter, Histogram, type Registry } from 'prom-client';
import { Metrics } from '../../platform/telemetry/index.js';
import { ModelLabels } from '../core/model-labels.js';
import type { AttemptRecord } from '../ports/usage-ledger.js';

/** A completed attempt, under the public name of its model. */
export interface MeasuredAttempt extends AttemptRecord {
  /** The fault's class, if it failed: `key`, `server`, `rate`, `request` or `refusal`. */
  readonly fault?: string | undefined;
}

const FIRST_TOKEN_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60];
const DURATION_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 900];
const MODEL = ['provider', 'model'] as const;

/** Durations, tokens and costs of attempts. */
@Injectable()
export class UsageMetrics {
  private readonly instruments: ReturnType<typeof instrumentsIn>;

  constructor(
    { registry }: Metrics,
    private readonly labels: ModelLabels,
  ) {
    this.instruments = instrumentsIn(registry);
  }

  /** Records a completed attempt, whatever its outcome. */
  attempt(measured: MeasuredAttempt): void {
    const { provider, outcome, retries, cost, firstTokenMs, durationMs, errorCode, fault } = measured;
    const { firstToken, duration, attempts, errors, retried, dollars } = this.instruments;
    const model = this.labels.of(provider, measured.model);
    attempts.inc({ ...model, outcome });
    duration.observe({ ...model }, durationMs / 1_000);
    if (firstTokenMs !== null) firstToken.observe({ ...model }, firstTokenMs / 1_000);
    if (retries > 0) retried.inc({ provider }, retries);
    if (cost !== null && cost > 0) dollars.inc({ ...model }, cost);
    if (errorCode !== null) errors.inc({ provider, class: fault ?? 'request', code: errorCode });
    this.countTokens(measured);
  }

  private countTokens(measured: MeasuredAttempt): void {
    const model = this.labels.of(measured.provider, measured.model);
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

function instrumentsIn(registry: Registry) {
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
  };
}
