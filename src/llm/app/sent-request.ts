import { assertNever, type ToolCall, type ToolPiece } from '../../kernel/index.js';
import { ModelError } from '../core/model-error.js';
import type { ModelPart, PromptUsage } from '../ports/language-model.js';

type Finish = Extract<ModelPart, { type: 'finish' }>;

/** One request to a provider, what it was answered, and what it may be billed for. */
export class SentRequest {
  /** Whether the provider began to answer. */
  wasAnswered = false;
  /** What the question has cost, where the provider says so before the end. */
  prompt: PromptUsage | undefined;
  /** Why the model stopped, and what all of it has cost; absent before the end. */
  finish: Finish | undefined;
  readonly text: string[] = [];
  readonly reasoning: string[] = [];
  readonly toolCalls: ToolCall[] = [];
  /** The arguments of each call that came in pieces, by its place. */
  private readonly pieces = new Map<number, string[]>();
  private readonly idsInPieces = new Set<string>();

  /** All that was written, the arguments of tool calls among it. */
  get written(): readonly string[] {
    const whole = this.toolCalls.filter(({ id }) => !this.idsInPieces.has(id));
    return [
      ...this.reasoning,
      ...this.text,
      ...[...this.pieces.values()].flat(),
      ...whole.map((call) => call.arguments),
    ];
  }

  /** Takes down a part of the answer. */
  add(part: ModelPart): void {
    this.wasAnswered = true;
    switch (part.type) {
      case 'text':
      case 'reasoning':
        this[part.type].push(part.text);
        return;
      case 'tool_piece':
        return this.addPiece(part);
      case 'tool_call':
        this.toolCalls.push(part.call);
        return;
      case 'prompt_usage':
        this.prompt = part;
        return;
      case 'finish':
        this.finish = part;
        return;
      default:
        assertNever(part);
    }
  }

  private addPiece({ index, id, text }: ToolPiece): void {
    this.idsInPieces.add(id);
    const texts = this.pieces.get(index);
    if (texts === undefined) this.pieces.set(index, [text]);
    else texts.push(text);
  }

  /**
   * Whether the provider may have read the question before this end: it answered anything, was not waited for any
   * longer, or gave what could not be used. Who refuses by status or cannot be reached has not.
   */
  mayHaveBeenRead(error: unknown, wasCancelled: boolean): boolean {
    if (this.wasAnswered || wasCancelled) return true;
    if (!(error instanceof ModelError)) return false;
    return error.code === 'PROVIDER_TIMEOUT' || (error.code === 'PROVIDER_ERROR' && error.fault === 'server');
  }
}
