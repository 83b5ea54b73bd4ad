import { AppError, followSignal } from '../../kernel/index.js';
import type { Config } from '../../platform/config/index.js';
import { ModelError } from '../core/model-error.js';

/** Bounds the time of an answer over all its attempts, and the size of each attempt. */
export class AnswerBudget {
  private readonly controller = new AbortController();
  private readonly unfollow: () => void;
  private readonly timer: NodeJS.Timeout;
  private readonly maxCharacters: number;
  private characters = 0;

  constructor(caller: AbortSignal, config: Pick<Config, 'LLM_TOTAL_TIMEOUT_MS' | 'MAX_ANSWER_CHARS'>) {
    this.unfollow = followSignal(caller, this.controller);
    this.timer = setTimeout(() => this.end(outOfTime()), config.LLM_TOTAL_TIMEOUT_MS);
    this.maxCharacters = config.MAX_ANSWER_CHARS;
  }

  /** Aborts with the caller's signal, when the time is used up, or when the answer is ended. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Ends the answer: whoever works on it stops with this reason. */
  end(reason: unknown): void {
    this.controller.abort(reason);
  }

  /**
   * Counts UTF-16 code units. Throws a `PROVIDER_ERROR` that is not retryable when the answer would exceed its bound.
   */
  spend(characters: number): void {
    this.characters += characters;
    if (this.characters <= this.maxCharacters) return;
    this.end(tooLarge(this.maxCharacters));
    this.signal.throwIfAborted();
  }

  /** Discards the count: the attempt so far was reset. */
  forget(): void {
    this.characters = 0;
  }

  /** Must be called when the answer has ended. */
  close(): void {
    clearTimeout(this.timer);
    this.unfollow();
  }
}

function outOfTime(): ModelError {
  return new ModelError(
    'server',
    'PROVIDER_TIMEOUT',
    'The answer took longer than this server lets any answer take. Try again, or choose another provider.',
  );
}

/** The answer itself is at fault, so there is no failover. */
function tooLarge(limit: number): AppError {
  return new AppError('PROVIDER_ERROR', `The answer grew past ${limit} characters and was ended there.`, {
    retryable: false,
    details: { limit },
  });
}
