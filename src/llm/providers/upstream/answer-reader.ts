import type { FinishReason } from '../../../kernel/index.js';
import type { ModelPart } from '../../ports/language-model.js';
import { AnswerParts } from './answer-parts.js';
import { reportedError } from './classify-error.js';
import { failureIn } from './failure-in.js';
import { finishReasonOf, wordSaid } from './finish-words.js';
import { FrameDecoder } from './frame-decoder.js';
import { brokenAnswer } from './model-errors.js';
import type { Stage } from './patience.js';
import type { AnswerReader } from './stream-answer.js';
import { ToolCallGatherer } from './tool-calls.js';

/** The question whose answer is read, and what its wire is like. */
export interface Asked {
  readonly provider: string;
  /** Size of the question in UTF-16 code units, for an estimate of its cost where the provider gives none. */
  readonly inputCharacters: number;
  /** Names of the tools that were offered. */
  readonly tools?: readonly string[] | undefined;
  /** Whether the wire says the name of a tool in one piece. */
  readonly hasWholeNames: boolean;
}

/**
 * Reads an answer that comes as frames of JSON. What one call of `feed` brings of a kind comes out as one part: the cost
 * of a token is its JSON and no more. What its frames say is the vendor's own. A frame, or a piece of one, that has no
 * known shape does not end the answer, but an answer in which there was one does not end well.
 */
export abstract class FrameAnswerReader implements AnswerReader {
  protected readonly provider: string;
  protected readonly inputCharacters: number;
  protected readonly calls: ToolCallGatherer;
  protected readonly parts = new AnswerParts();
  /** Why the model stopped, once it has said so. */
  protected finishReason: FinishReason | undefined;
  /** The provider has said that nothing follows. */
  protected ended = false;
  private readonly frames: FrameDecoder;
  private isUnreadable = false;
  private isClosed = false;
  /** It went on after it had said why it stopped. */
  private wentOn = false;

  constructor({ provider, inputCharacters, tools = [], hasWholeNames }: Asked) {
    this.provider = provider;
    this.inputCharacters = inputCharacters;
    this.calls = new ToolCallGatherer({
      provider,
      hasWholeNames,
      tools: new Set(tools),
      give: (piece) => this.parts.addTool(piece),
      cannotRead: () => this.cannotRead(),
    });
    this.frames = new FrameDecoder(
      provider,
      (frame, name) => this.read(frame, name),
      () => (this.ended = true),
    );
  }

  get stage(): Stage {
    if (this.finishReason !== undefined && !this.wentOn) return 'cost';
    return this.parts.characters > 0 || !this.calls.isEmpty ? 'text' : 'beginning';
  }

  get isDone(): boolean {
    return this.ended || this.frames.failure !== undefined;
  }

  feed(bytes: Uint8Array): readonly ModelPart[] {
    const hadFinished = this.finishReason !== undefined;
    if (!this.isDone) this.frames.feed(bytes);
    const parts = this.parts.flush();
    if (hadFinished && parts.some(({ type }) => type !== 'prompt_usage')) this.wentOn = true;
    return parts;
  }

  close(): readonly ModelPart[] {
    if (!this.isDone && !this.isClosed) this.frames.end();
    this.isClosed = true;
    return this.parts.flush();
  }

  end(): readonly ModelPart[] {
    const rest = this.close();
    const { failure } = this.frames;
    // An end that was said counts, whatever becomes of what it cost.
    if (this.finishReason === undefined || (this.wentOn && failure !== undefined)) {
      throw failure ?? brokenAnswer(this.provider, 'broke off before it was complete');
    }
    if (this.isUnreadable) throw brokenAnswer(this.provider, 'has a part that cannot be read');
    return [...rest, ...this.last(this.finishReason)];
  }

  /** Takes the JSON of one frame, and its name if it has one; throws a `ModelError` for one that cannot be used. */
  protected abstract take(frame: object, name: string | undefined): void;

  /** The last parts of an answer whose end was said. */
  protected abstract last(said: FinishReason): readonly ModelPart[];

  /** There was something that has no known shape. */
  protected cannotRead(): void {
    this.isUnreadable = true;
  }

  /** Takes the word for why the model stopped; one that is empty says nothing. */
  protected takeFinish(said: unknown): void {
    const word = wordSaid(said);
    if (word === '') return;
    if (word === undefined) return this.cannotRead();
    const reason = finishReasonOf(word);
    if (reason === undefined) throw reportedError(this.provider, { code: word });
    this.finishReason = reason;
  }

  private read(frame: object, name: string | undefined): void {
    if (this.ended) return;
    const failure = name === 'error' ? frame : failureIn(frame);
    if (failure !== undefined) throw reportedError(this.provider, failure);
    this.take(frame, name);
  }
}
