import type { EventSourceMessage } from 'eventsource-parser';
import type { FinishReason } from '../../../kernel/index.js';
import type { ModelPart } from '../../ports/language-model.js';
import { AnswerParts } from './answer-parts.js';
import { reportedError } from './classify-error.js';
import { failureIn } from './failure-in.js';
import { brokenAnswer } from './model-errors.js';
import type { Stage } from './patience.js';
import { frameObject, SseDecoder } from './sse-decoder.js';
import type { AnswerReader } from './stream-answer.js';
import { ToolCallGatherer } from './tool-calls.js';

/**
 * Reads an answer that comes as an event stream. What one call of `feed` brings of a kind comes out as one part: the cost
 * of a token is its JSON and no more. What its frames say is the vendor's own.
 */
export abstract class SseAnswerReader implements AnswerReader {
  protected readonly calls: ToolCallGatherer;
  protected readonly parts = new AnswerParts();
  /** Why the model stopped, once it has said so. */
  protected finishReason: FinishReason | undefined;
  /** The provider has said that nothing follows. */
  protected ended = false;
  private readonly frames: SseDecoder;

  /** `inputCharacters`: size of the question, for an estimate of its cost where the provider gives none. */
  constructor(
    protected readonly provider: string,
    protected readonly inputCharacters: number,
  ) {
    this.calls = new ToolCallGatherer(provider, (piece) => this.parts.addTool(piece));
    this.frames = new SseDecoder(provider, (frame) => this.read(frame));
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
    if (this.finishReason !== undefined) return this.last(this.finishReason);
    throw this.frames.failure ?? brokenAnswer(this.provider, 'broke off before it was complete');
  }

  /** Takes the JSON of one frame, and its name if it has one; throws a `ModelError` for one that cannot be used. */
  protected abstract take(frame: object, name: string | undefined): void;

  /** The last parts of an answer whose end was said. */
  protected abstract last(said: FinishReason): readonly ModelPart[];

  private read({ data, event }: EventSourceMessage): void {
    if (this.ended) return;
    if (data === '[DONE]') {
      this.ended = true;
      return;
    }
    if (event === 'error') throw reportedError(this.provider, data);
    const frame = frameObject(this.provider, data);
    const failure = failureIn(frame);
    if (failure !== undefined) throw reportedError(this.provider, failure);
    this.take(frame, event);
  }
}
