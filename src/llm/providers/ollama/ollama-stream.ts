import type { FinishReason } from '../../../kernel/index.js';
import type { ModelPart } from '../../ports/language-model.js';
import { AnswerParts } from '../upstream/answer-parts.js';
import { reportedError } from './ollama-errors.js';
import { failureIn } from '../upstream/failure-in.js';
import { brokenAnswer } from '../upstream/model-errors.js';
import type { Stage } from '../upstream/patience.js';
import type { AnswerReader } from '../upstream/stream-answer.js';
import { ToolCallGatherer } from '../upstream/tool-calls.js';
import { NdjsonDecoder } from './ndjson-decoder.js';
import { messageOf, toolCallsOf, usageOf, type Line } from './ollama-line.js';

/**
 * Reads the bytes of one streamed chat into parts. What one call of `feed` brings of a kind comes out as one part: the
 * cost of a token is its JSON and no more.
 */
export class OllamaAnswerReader implements AnswerReader {
  private readonly lines: NdjsonDecoder;
  private readonly calls: ToolCallGatherer;
  private readonly parts = new AnswerParts();
  private readonly ids = new Set<string>();
  private callCount = 0;
  private last: { readonly line: Line; readonly reason: FinishReason } | undefined;

  /** `inputCharacters`: size of the question, for an estimate of its cost where the server gives none. */
  constructor(
    private readonly provider: string,
    private readonly inputCharacters: number,
  ) {
    this.calls = new ToolCallGatherer(provider, (piece) => this.parts.addTool(piece));
    this.lines = new NdjsonDecoder(provider, (line) => this.take(line));
  }

  /** Never at its cost: the line that ends the answer says that too. */
  get stage(): Stage {
    return this.parts.characters > 0 || !this.calls.isEmpty ? 'text' : 'beginning';
  }

  get isDone(): boolean {
    return this.last !== undefined || this.lines.failure !== undefined;
  }

  feed(bytes: Uint8Array): readonly ModelPart[] {
    if (!this.isDone) this.lines.feed(bytes);
    return this.parts.flush();
  }

  end(): readonly ModelPart[] {
    if (!this.isDone) this.lines.end();
    if (this.last === undefined) {
      throw this.lines.failure ?? brokenAnswer(this.provider, 'broke off before it was complete');
    }
    const { line, reason } = this.last;
    const calls = this.calls.whole(reason === 'length');
    return this.parts.finish(
      calls,
      calls.length > 0 ? 'tool_calls' : reason,
      usageOf(line, this.inputCharacters, this.parts.characters + this.calls.characters),
    );
  }

  private take(line: Line): void {
    if (this.last !== undefined) return;
    const failure = failureIn(line);
    if (failure !== undefined) throw reportedError(this.provider, failure);
    const message = messageOf(line);
    if (typeof message.thinking === 'string') this.parts.add('reasoning', message.thinking);
    if (typeof message.content === 'string') this.parts.add('text', message.content);
    for (const { id, name, arguments: text } of toolCallsOf(message)) {
      this.calls.add([{ index: this.callCount, id: this.ownId(id), function: { name, arguments: text } }]);
      this.callCount += 1;
    }
    if (line.done === true) this.last = { line, reason: this.reasonOf(line.done_reason) };
  }

  /** The id where it tells the call from the others; an empty one is replaced by the gatherer. */
  private ownId(id: string): string {
    if (id === '' || this.ids.has(id)) return '';
    this.ids.add(id);
    return id;
  }

  private reasonOf(said: unknown): FinishReason {
    // No answer, only news of where the model is: asked again, it would answer.
    if (said === 'load' || said === 'unload') throw brokenAnswer(this.provider, 'has nothing in it');
    return said === 'length' ? 'length' : 'stop';
  }
}
