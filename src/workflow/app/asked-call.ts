import type { ResultImage, ToolCall } from '../../kernel/index.js';
import type { Tool } from '../../tool/index.js';

/** A call of a model, and the tool that it means if the user may use it here. */
export interface AskedCall {
  readonly call: ToolCall;
  readonly tool: Tool | undefined;
  /** Why it is not made, whatever tool it means, in words for the model. */
  readonly refusal?: string;
}

/** A call and what came of it. */
export interface AnsweredCall {
  readonly callId: string;
  readonly ok: boolean;
  readonly content: string;
  /** Characters of the whole text, where the content is not all of it. */
  readonly characters?: number | undefined;
  readonly images?: readonly ResultImage[] | undefined;
  /** What comes before the content. */
  readonly note?: string;
}
