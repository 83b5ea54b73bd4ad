import type { FinishReason, ProviderMetadata, ToolCall, Usage } from '../../kernel/index.js';
import type { ReadImage } from './seen-images.js';
import type { ModelRequest } from '../ports/language-model.js';
import type { AskContext } from './attempt.js';
import type { TextLimit } from './limited-parts.js';
import type { ModelChoice } from './model-directory.js';

/** A question to whichever model the route leads to; the other fields are those of a {@link ModelRequest}. */
export interface Question extends Omit<ModelRequest, 'model'> {
  readonly choice: ModelChoice;
  readonly context: AskContext;
  /** Whether pieces that were yielded can be reset, so that another attempt may follow them. */
  readonly resettable: boolean;
  /** Whether the pieces of tool calls are yielded as they arrive; they count as yielded then. */
  readonly toolPieces?: boolean;
  /** Reads images of results that are served elsewhere, for a model that sees. */
  readonly readImage?: ReadImage;
  /** Makes a limit for the text of one request: the model is asked for no more once it is reached, unless it may call tools. */
  readonly limitText?: (() => TextLimit) | undefined;
}

/** A whole answer, and the model that gave it. */
export interface Answered {
  readonly provider: string;
  readonly model: string;
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  readonly toolCalls: readonly ToolCall[];
  /** What the provider wants back with them. */
  readonly metadata?: ProviderMetadata;
  /** The pieces of the final attempt; nothing that was reset is among them. */
  readonly said: { readonly text: readonly string[]; readonly reasoning: readonly string[] };
}
