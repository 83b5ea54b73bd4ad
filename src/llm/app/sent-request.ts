import { assertNever, type ToolCall, type ToolPiece } from '../../kernel/index.js';
import { ModelError } from '../core/model-error.js';
import type { CallsMetadata, ModelPart, PromptUsage } from '../ports/language-model.js';

type Finish = Extract<ModelPart, { type: 'finish' }>;

/** One request to a provider, its answer, and what it may be billed for. */
export class SentRequest {
  /** Whether the provider began to answer. */
  wasAnswered = false;
  /** The cost of the question, if the provider reports it before the end. */
  prompt: PromptUsage | undefined;
  /** Why the model stopped, and the cost of the whole request; absent before the end. */
  finish: Finish | undefined;
  readonly text: string[] = [];
  /** All text that arrived, where a limit lets only the beginning of it through as `text`. */
  heard: string[] | undefined;
  readonly reasoning: string[] = [];
  readonly toolCalls: ToolCall[] = [];
  /** What the provider wants back with them. */
  metadata: CallsMetadata | undefined;
  /** The calls that arrived in pieces; few answers have any. */
  private inPieces: Map<number, { readonly id: string; readonly texts: string[] }> | undefined;

  /** All generated text, including the arguments of tool calls. */
  get written(): readonly string[] {
    const inPieces = [...(this.inPieces?.values() ?? [])];
    const whole = this.toolCalls.filter((call) => !inPieces.some(({ id }) => id === call.id));
    return [
      ...this.reasoning,
      ...(this.heard ?? this.text),
      ...inPieces.flatMap(({ texts }) => texts),
      ...whole.map((call) => call.arguments),
    ];
  }

  /** Records a part of the answer. */
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
      case 'metadata':
        this.metadata = part;
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
    this.inPieces ??= new Map();
    const call = this.inPieces.get(index);
    if (call === undefined) this.inPieces.set(index, { id, texts: [text] });
    else call.texts.push(text);
  }

  /**
   * Whether the provider may have processed the question: it answered anything, was not waited for any longer, or sent
   * something unusable. A rejection by status and a provider that cannot be reached do not count.
   */
  mayHaveBeenRead(error: unknown, wasCancelled: boolean): boolean {
    if (this.wasAnswered || wasCancelled) return true;
    if (!(error instanceof ModelError)) return false;
    return error.code === 'PROVIDER_TIMEOUT' || (error.code === 'PROVIDER_ERROR' && error.fault === 'server');
  }
}
