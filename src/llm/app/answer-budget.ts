import { AppError } from '../../kernel/index.js';
import type { Config } from '../../platform/config/index.js';
import { ModelError } from '../core/model-error.js';

/** How long an answer may take with all its attempts, and how large one of them may grow. */
export class AnswerBudget {
  /** Aborts with the caller's, and when the budget is used up. */
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly maxCharacters: number;
  private characters = 0;

  constructor(caller: AbortSignal, config: Pick<Config, 'LLM_TOTAL_TIMEOUT_MS' | 'MAX_ANSWER_CHARS'>) {
    this.signal = AbortSignal.any([caller, this.controller.signal]);
    this.timer = setTimeout(() => this.controller.abort(outOfTime()), config.LLM_TOTAL_TIMEOUT_MS);
    this.maxCharacters = config.MAX_ANSWER_CHARS;
  }

  /** Counts so many UTF-16 code units. Throws `PROVIDER_ERROR`, for good, where the answer would grow past its bound. */
  spend(characters: number): void {
    this.characters += characters;
    if (this.characters <= this.maxCharacters) return;
    this.controller.abort(tooLarge(this.maxCharacters));
    this.signal.throwIfAborted();
  }

  /** What was said so far counts no more. */
  forget(): void {
    this.characters = 0;
  }

  /** Has to be called when the answer has ended. */
  close(): void {
    clearTimeout(this.timer);
  }
}

function outOfTime(): ModelError {
  return new ModelError(
    'server',
    'PROVIDER_TIMEOUT',
    'The answer took longer than this server lets any answer take. Try again, or choose another provider.',
  );
}

/** Nobody's fault but the answer's: no other model is asked for it. */
function tooLarge(limit: number): AppError {
  return new AppError('PROVIDER_ERROR', `The answer grew past ${limit} characters and was ended there.`, {
    retryable: false,
    details: { limit },
  });
}
