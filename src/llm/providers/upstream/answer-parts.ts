import type { FinishReason, ToolCall, ToolPiece, Usage } from '../../../kernel/index.js';
import { TextCleaner } from '../../core/clean-text.js';
import type { CallsMetadata, ModelPart, PromptUsage } from '../../ports/language-model.js';
import type { Kind } from './content.js';

const NONE: readonly ModelPart[] = [];

/**
 * Merges what one network read brought into parts: pieces of one kind become one part, well-formed and never empty;
 * pieces of arguments become one for each call.
 */
export class AnswerParts {
  private readonly cleaners = { text: new TextCleaner(), reasoning: new TextCleaner() };
  /** The latest pieces of calls, one of each. */
  private tools: ToolPiece[] = [];
  private parts: ModelPart[] = [];
  private kind: Kind = 'text';
  private gathered = '';
  private said = 0;
  private count = 0;
  private readonly spoken = { text: false, reasoning: false };

  /** UTF-16 code units of text and reasoning so far. */
  get characters(): number {
    return this.said;
  }

  /** Pieces of text and reasoning so far. */
  get pieces(): number {
    return this.count;
  }

  /** Whether there was anything of a kind so far, emitted or not. */
  hasSaid(kind: Kind): boolean {
    return this.spoken[kind] || (this.kind === kind && this.gathered !== '');
  }

  /** Adds a piece. */
  add(kind: Kind, text: string): void {
    if (text === '') return;
    if (kind !== this.kind || this.tools.length > 0) {
      this.close();
      this.kind = kind;
    }
    this.gathered += text;
    this.count += 1;
  }

  /** Adds a piece of a tool call's arguments, which is well-formed by itself. */
  addTool(piece: ToolPiece): void {
    if (this.gathered !== '') this.close();
    const place = this.tools.findIndex(({ index }) => index === piece.index);
    if (place < 0) this.tools.push(piece);
    else this.tools[place] = { ...piece, text: this.tools[place]!.text + piece.text };
  }

  /** Adds the cost of the question. */
  addPromptUsage(usage: PromptUsage): void {
    this.close();
    this.parts.push(usage);
  }

  /** Takes the parts so far; each is returned once. */
  flush(): readonly ModelPart[] {
    this.close();
    if (this.parts.length === 0) return NONE;
    const parts = this.parts;
    this.parts = [];
    return parts;
  }

  /** The last parts: text that was held back, the tool calls with their metadata, and why the model stopped. */
  finish(
    calls: readonly ToolCall[],
    reason: FinishReason,
    usage: Usage,
    metadata: Omit<CallsMetadata, 'type'> = {},
  ): readonly ModelPart[] {
    this.close();
    for (const type of ['text', 'reasoning'] as const) {
      const rest = this.cleaners[type].end();
      if (rest !== '') this.parts.push({ type, text: rest });
    }
    for (const call of calls) this.parts.push({ type: 'tool_call', call });
    const hasMetadata = metadata.reasoning !== undefined || metadata.calls !== undefined;
    if (calls.length > 0 && hasMetadata) this.parts.push({ type: 'metadata', ...metadata });
    this.parts.push({ type: 'finish', reason, usage });
    return this.flush();
  }

  private close(): void {
    if (this.tools.length > 0) {
      this.parts.push(...this.tools);
      this.tools = [];
    }
    if (this.gathered === '') return;
    const text = this.cleaners[this.kind].push(this.gathered);
    this.gathered = '';
    this.spoken[this.kind] = true;
    this.said += text.length;
    if (text !== '') this.parts.push({ type: this.kind, text });
  }
}
