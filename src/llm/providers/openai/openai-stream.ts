import { createParser, type EventSourceMessage, type EventSourceParser } from 'eventsource-parser';
import type { AppError, FinishReason, Usage } from '../../../kernel/index.js';
import { TextCleaner } from '../../core/clean-text.js';
import { estimateUsage } from '../../core/estimate-usage.js';
import type { ModelPart } from '../../ports/language-model.js';
import { choiceOf, finishReasonOf, usageOf, type Chunk, type Delta } from './openai-chunk.js';
import { brokenAnswer, classifyReadError, reportedError } from './openai-errors.js';
import type { Stage } from './patience.js';
import { ToolCallGatherer } from './openai-tool-calls.js';

const LONGEST_FRAME = 1_000_000;

/**
 * Reads the bytes of one streamed chat completion into parts. What one call of `feed` brings of a kind comes out as one
 * part: the cost of a token is its JSON and no more. Holds no timer and no connection.
 */
export class AnswerReader {
  private readonly decoder = new TextDecoder();
  private readonly parser: EventSourceParser;
  private readonly calls: ToolCallGatherer;
  private readonly cleaners = { text: new TextCleaner(), reasoning: new TextCleaner() };
  private parts: ModelPart[] = [];
  private kind: 'text' | 'reasoning' = 'text';
  private gathered = '';
  private characters = 0;
  private finishReason: FinishReason | undefined;
  private usage: Usage | undefined;
  private refused = false;
  private ended = false;
  private failure: AppError | undefined;

  /** `inputCharacters`: size of the question, for an estimate of its cost where the provider gives none. */
  constructor(
    private readonly provider: string,
    private readonly inputCharacters: number,
  ) {
    this.calls = new ToolCallGatherer(provider);
    this.parser = createParser({
      maxBufferSize: LONGEST_FRAME,
      onEvent: (event) => this.take(event),
      onError: ({ type }) => {
        if (type === 'max-buffer-size-exceeded') throw this.tooLarge();
      },
    });
  }

  /** Where the answer stands. */
  get stage(): Stage {
    if (this.finishReason !== undefined) return 'cost';
    return this.characters > 0 || !this.calls.isEmpty ? 'text' : 'beginning';
  }

  /** Whether nothing that may follow matters: the provider said so, or cannot be understood. */
  get isDone(): boolean {
    return this.ended || this.failure !== undefined;
  }

  /** The parts that these bytes complete. Never throws: what came before a mistake is given out first. */
  feed(bytes: Uint8Array): readonly ModelPart[] {
    this.read(this.decoder.decode(bytes, { stream: true }));
    return this.flush();
  }

  /**
   * The last parts, `finish` among them. Throws `PROVIDER_ERROR` when the provider has not said why it stopped, and
   * what `feed` met.
   */
  end(): readonly ModelPart[] {
    // A last line without its blank line still counts: servers that end there are not rare.
    this.read(`${this.decoder.decode()}\n\n`);
    if (this.finishReason === undefined) {
      throw this.failure ?? brokenAnswer(this.provider, 'broke off before it was complete');
    }
    this.close();
    for (const type of ['text', 'reasoning'] as const) {
      const rest = this.cleaners[type].end();
      if (rest !== '') this.parts.push({ type, text: rest });
    }
    const calls = this.calls.whole(this.finishReason === 'length');
    for (const call of calls) this.parts.push({ type: 'tool_call', call });
    this.parts.push({
      type: 'finish',
      reason: this.reason(this.finishReason, calls.length > 0),
      usage: this.usage ?? estimateUsage(this.inputCharacters, this.characters + this.calls.characters),
    });
    return this.flush();
  }

  private read(text: string): void {
    if (this.isDone) return;
    try {
      this.parser.feed(text);
    } catch (error) {
      this.failure = classifyReadError(error, this.provider);
    }
  }

  private reason(said: FinishReason, hasCalls: boolean): FinishReason {
    if (said === 'length' || said === 'content_filter') return said;
    if (this.refused) return 'content_filter';
    return hasCalls ? 'tool_calls' : 'stop';
  }

  private take({ data, event }: EventSourceMessage): void {
    if (this.ended) return;
    if (data === '[DONE]') {
      this.ended = true;
      return;
    }
    if (data.length > LONGEST_FRAME) throw this.tooLarge();
    const chunk = this.parse(data);
    if (event === 'error' || (chunk.error !== undefined && chunk.error !== null)) {
      throw reportedError(this.provider, (chunk.error as { code?: unknown } | null | undefined)?.code);
    }
    const usage = usageOf(chunk.usage);
    if (usage !== undefined) this.usage = usage;
    const choice = choiceOf(chunk);
    if (choice?.delta !== undefined && choice.delta !== null) this.takeDelta(choice.delta);
    if (typeof choice?.finish_reason === 'string') this.takeFinish(choice.finish_reason);
  }

  private takeDelta(delta: Delta): void {
    const reasoning = delta.reasoning_content ?? delta.reasoning;
    if (typeof reasoning === 'string' && reasoning !== '') this.gather('reasoning', reasoning);
    if (typeof delta.content === 'string' && delta.content !== '') this.gather('text', delta.content);
    if (typeof delta.refusal === 'string' && delta.refusal !== '') {
      this.refused = true;
      this.gather('text', delta.refusal);
    }
    if (Array.isArray(delta.tool_calls)) this.calls.add(delta.tool_calls);
  }

  private takeFinish(said: string): void {
    const reason = finishReasonOf(said);
    if (reason === undefined) throw reportedError(this.provider, said);
    this.finishReason = reason;
  }

  private gather(kind: 'text' | 'reasoning', text: string): void {
    if (kind !== this.kind) {
      this.close();
      this.kind = kind;
    }
    this.gathered += text;
  }

  private close(): void {
    if (this.gathered === '') return;
    const text = this.cleaners[this.kind].push(this.gathered);
    this.gathered = '';
    this.characters += text.length;
    if (text !== '') this.parts.push({ type: this.kind, text });
  }

  private flush(): readonly ModelPart[] {
    this.close();
    const parts = this.parts;
    this.parts = [];
    return parts;
  }

  private parse(data: string): Chunk {
    let parsed: unknown;
    try {
      parsed = JSON.parse(data);
    } catch {
      parsed = undefined;
    }
    if (typeof parsed === 'object' && parsed !== null) return parsed;
    throw brokenAnswer(this.provider, 'cannot be read');
  }

  private tooLarge() {
    return brokenAnswer(this.provider, 'has a piece that is too large');
  }
}
