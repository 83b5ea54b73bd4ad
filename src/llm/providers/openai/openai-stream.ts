import type { EventSourceMessage } from 'eventsource-parser';
import type { FinishReason, Usage } from '../../../kernel/index.js';
import { estimateUsage } from '../../core/estimate-usage.js';
import type { ModelPart } from '../../ports/language-model.js';
import { AnswerParts } from '../upstream/answer-parts.js';
import { brokenAnswer } from '../upstream/model-errors.js';
import type { Stage } from '../upstream/patience.js';
import { frameObject, SseDecoder } from '../upstream/sse-decoder.js';
import type { AnswerReader } from '../upstream/stream-answer.js';
import { ToolCallGatherer } from '../upstream/tool-calls.js';
import { choiceOf, finishReasonOf, usageOf, type Chunk, type Delta } from './openai-chunk.js';
import { reportedError } from './openai-errors.js';

/**
 * Reads the bytes of one streamed chat completion into parts. What one call of `feed` brings of a kind comes out as one
 * part: the cost of a token is its JSON and no more.
 */
export class OpenAiAnswerReader implements AnswerReader {
  private readonly frames: SseDecoder;
  private readonly calls: ToolCallGatherer;
  private readonly parts = new AnswerParts();
  private finishReason: FinishReason | undefined;
  private usage: Usage | undefined;
  private refused = false;
  private ended = false;

  /** `inputCharacters`: size of the question, for an estimate of its cost where the provider gives none. */
  constructor(
    private readonly provider: string,
    private readonly inputCharacters: number,
  ) {
    this.calls = new ToolCallGatherer(provider);
    this.frames = new SseDecoder(provider, (frame) => this.take(frame));
  }

  get stage(): Stage {
    if (this.finishReason !== undefined) return 'cost';
    return this.parts.characters > 0 || !this.calls.isEmpty ? 'text' : 'beginning';
  }

  get isDone(): boolean {
    return this.ended || this.frames.failure !== undefined;
  }

  feed(bytes: Uint8Array): readonly ModelPart[] {
    if (!this.isDone) this.frames.feed(bytes);
    return this.parts.flush();
  }

  end(): readonly ModelPart[] {
    if (!this.isDone) this.frames.end();
    if (this.finishReason === undefined) {
      throw this.frames.failure ?? brokenAnswer(this.provider, 'broke off before it was complete');
    }
    const calls = this.calls.whole(this.finishReason === 'length');
    return this.parts.finish(
      calls,
      this.reason(this.finishReason, calls.length > 0),
      this.usage ?? estimateUsage(this.inputCharacters, this.parts.characters + this.calls.characters),
    );
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
    const chunk: Chunk = frameObject(this.provider, data);
    const failure = chunk.error ?? chunk.x_groq?.error ?? undefined;
    if (event === 'error' || failure !== undefined) throw reportedError(this.provider, failure);
    const usage = usageOf(chunk.usage) ?? usageOf(chunk.x_groq?.usage);
    if (usage !== undefined) this.usage = usage;
    const choice = choiceOf(chunk);
    if (choice?.delta !== undefined && choice.delta !== null) this.takeDelta(choice.delta);
    if (typeof choice?.finish_reason === 'string') this.takeFinish(choice.finish_reason);
  }

  private takeDelta(delta: Delta): void {
    const reasoning = delta.reasoning_content ?? delta.reasoning;
    if (typeof reasoning === 'string') this.parts.add('reasoning', reasoning);
    if (typeof delta.content === 'string') this.parts.add('text', delta.content);
    if (typeof delta.refusal === 'string' && delta.refusal !== '') {
      this.refused = true;
      this.parts.add('text', delta.refusal);
    }
    if (Array.isArray(delta.tool_calls)) this.calls.add(delta.tool_calls);
  }

  private takeFinish(said: string): void {
    const reason = finishReasonOf(said);
    if (reason === undefined) throw reportedError(this.provider, { code: said });
    this.finishReason = reason;
  }
}
