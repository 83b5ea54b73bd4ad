import { z } from 'zod';
import { list, whole } from '../value-types.js';

/** Policies for choosing a model, which a request may name in place of one. */
export const NAMED_POLICIES = ['cheapest', 'fastest'] as const;

/** Choice of models, time-outs and retries. */
export const llmVariables = {
  DEFAULT_PROVIDER: z.string().optional().describe('provider when a request names none'),
  DEFAULT_MODEL: z.string().optional().describe('model when a request names none'),
  LLM_FALLBACKS: list
    .optional()
    .describe('provider or provider/model, tried in order after the one asked for'),
  LLM_FIRST_TOKEN_TIMEOUT_MS: whole(100, 600_000)
    .default(60_000)
    .describe('longest wait for an answer to begin'),
  LLM_IDLE_TIMEOUT_MS: whole(100, 600_000).default(30_000).describe('longest pause inside an answer'),
  LLM_KEEPALIVE_TIMEOUT_MS: whole(100, 3_600_000)
    .default(300_000)
    .describe('how long signs of life alone (comments, pings) keep an answer open past that pause'),
  LLM_CONNECT_TIMEOUT_MS: whole(100, 600_000)
    .default(10_000)
    .describe('longest wait for a connection to a provider'),
  LLM_TOTAL_TIMEOUT_MS: whole(1_000, 86_400_000)
    .default(900_000)
    .describe('longest time for one answer, all attempts together'),
  LLM_MAX_RETRIES: whole(0, 20)
    .default(2)
    .describe('requests repeated at one provider before the first token'),
  LLM_MAX_RETRY_WAIT_MS: whole(0, 600_000)
    .default(10_000)
    .describe('longest pause before a repeated request; who is told to wait longer goes elsewhere'),
  LLM_BREAKER_THRESHOLD: whole(1, 1_000)
    .default(5)
    .describe('failures in a row after which a model of a provider is left alone'),
  LLM_BREAKER_COOLDOWN_MS: whole(100, 3_600_000)
    .default(30_000)
    .describe('how long it is left alone before one request probes it'),
  LLM_QUEUE_TIMEOUT_MS: whole(0, 600_000)
    .default(10_000)
    .describe(
      "longest wait of an answer without a thread for its turn, and of a request for room within a provider's limits",
    ),
  LLM_POLICY: z
    .enum(['default', ...NAMED_POLICIES], { error: 'is default, cheapest or fastest' })
    .default('default')
    .describe('how a model is chosen when a request names none'),
  LLM_PROVIDERS_FILE: z
    .string()
    .optional()
    .describe('JSON file of further providers, and of models, prices and limits; docs/providers.md'),
  LLM_MODELS_TTL_MS: whole(1_000, 86_400_000)
    .default(600_000)
    .describe("how long a provider's list of models is kept"),
} as const;
