import type { ErrorCode } from '../../kernel/index.js';

/** How an attempt ended: with an answer, by the client or the operator, at the provider's fault, or by its refusal. */
export type AttemptOutcome = 'completed' | 'cancelled' | 'failed' | 'refused';

/** One attempt at one model, with its retries before the first token. Times are in milliseconds. */
export interface AttemptRecord {
  readonly id: string;
  readonly org: string;
  readonly user: string;
  /** Absent for what leaves no thread behind. */
  readonly threadId: string | null;
  readonly turnId: string;
  readonly operation: 'chat' | 'embeddings';
  readonly provider: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly reasoningTokens: number;
  /** The tokens were counted here, not by the provider. */
  readonly estimated: boolean;
  /** US dollars; absent where the model's price is unknown. */
  readonly cost: number | null;
  readonly firstTokenMs: number | null;
  readonly durationMs: number;
  /** Requests beyond the first. */
  readonly retries: number;
  readonly outcome: AttemptOutcome;
  readonly errorCode: ErrorCode | null;
  /** When the attempt began. ISO 8601 UTC with milliseconds. */
  readonly at: string;
}

/** Injection token of the {@link UsageLedger}. */
export const USAGE_LEDGER = Symbol('UsageLedger');

/** What every attempt cost. */
export interface UsageLedger {
  /** Resolves when the row is stored. While the database is away it keeps a bounded number and resolves all the same. */
  record(attempt: AttemptRecord): Promise<void>;
}
