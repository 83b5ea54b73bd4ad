import type { ErrorCode } from '../../kernel/index.js';
import type { AttemptCause } from '../core/attempt-cause.js';

/**
 * How an attempt ended: with an answer, cancelled by the client or the operator, failed by the provider, or refused by
 * the model.
 */
export type AttemptOutcome = 'completed' | 'cancelled' | 'failed' | 'refused';

/** What is known of an attempt when its request is sent. */
export interface BegunAttempt {
  readonly id: string;
  readonly org: string;
  readonly user: string;
  readonly cause: AttemptCause;
  readonly operation: 'chat' | 'embeddings';
  readonly provider: string;
  readonly model: string;
  /** UTF-16 code units of what is asked. */
  readonly promptChars: number;
  /** When the attempt began. ISO 8601 UTC with milliseconds. */
  readonly at: string;
}

/** One attempt at one model, with its retries before the first token. Times are in milliseconds. */
export interface AttemptRecord extends Omit<BegunAttempt, 'promptChars'> {
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
}

/** What became of an attempt that was recorded: see {@link UsageLedger.record}. */
export type HowStored = 'stored' | 'corrected';

/** An attempt that is stored by whoever has taken it, who says what came of that. */
export interface TakenAttempt {
  readonly attempt: AttemptRecord;
  /** It is stored. */
  stored(how: HowStored): void;
  /** It may not be: the ledger records it by itself. */
  giveBack(): void;
}

/** The cost of every attempt: one row each, even if the process that makes it dies. */
export const USAGE_LEDGER = Symbol('UsageLedger');

/**
 * Records that an attempt's request is about to be sent, in case its process dies before recording the result. Resolves
 * when that is stored, or, while the database is unreachable, after a second at most; never rejects.
 */
export interface UsageLedger {
  /**
   * Resolves when the row is stored; recording an attempt again changes nothing. While the database is unreachable it
   * keeps a bounded number and resolves all the same. `corrected`: the attempt had been considered lost and estimated,
   * and this row has replaced the estimate.
   */
  begin(attempt: BegunAttempt): Promise<void>;
  /**
   * Resolves when the row is stored; an attempt that is told again changes nothing. While the database is away it keeps
   * a bounded number and resolves all the same. `corrected`: the attempt was taken for lost and had been reckoned by
   * somebody else, whose row this one has replaced.
   */
  record(attempt: AttemptRecord): Promise<HowStored>;
  /**
   * The same for an attempt that most likely is its turn's last: it waits a moment for whoever ends the turn to
   * {@link takeOfTurn | take} it. It is recorded by itself when nobody does, and before the turn's next attempt begins.
   */
  recordWithTurn(attempt: AttemptRecord, turnId: string): Promise<HowStored>;
  /** The attempt that waits for the end of the turn. Whoever takes it stores it, or gives it back. */
  takeOfTurn(turnId: string): TakenAttempt | undefined;
}
