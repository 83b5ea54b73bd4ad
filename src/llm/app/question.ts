import type { FinishReason, ToolCall, Usage } from '../../kernel/index.js';
import type { ModelRequest } from '../ports/language-model.js';
import type { AskContext } from './attempt.js';
import type { ModelChoice } from './model-directory.js';

/** A question to whichever model the route finds; the rest is as in a {@link ModelRequest}. */
export interface Question extends Omit<ModelRequest, 'model'> {
  readonly choice: ModelChoice;
  readonly context: AskContext;
  /** Whether what was said can be taken back, so that another attempt may follow it. */
  readonly resettable: boolean;
  /** Whether tool calls are to be told while they come; they count as said then. */
  readonly toolPieces?: boolean;
}

/** A whole answer, and who gave it. */
export interface Answered {
  readonly provider: string;
  readonly model: string;
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  readonly toolCalls: readonly ToolCall[];
  /** Its pieces; nothing of what was taken back is among them. */
  readonly said: { readonly text: readonly string[]; readonly reasoning: readonly string[] };
}
