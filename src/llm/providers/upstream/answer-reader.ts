import type { FinishReason, ToolCall } from '../../../kernel/index.js';
import type { ModelError } from '../../core/model-error.js';
import type { ModelPart } from '../../ports/language-model.js';
import { AnswerParts } from './answer-parts.js';
import { reportedError } from './classify-error.js';
import { failureIn } from './failure-in.js';
import { finishReasonOf, isSureEnd, wordSaid } from './finish-words.js';
import { FrameDecoder } from './frame-decoder.js';
import { brokenAnswer, unreadable } from './model-errors.js';
import type { Stage } from './stream-timeouts.js';
import type { AnswerReader } from './stream-answer.js';
import { ToolCallGatherer } from './tool-calls.js';

/** The question whose answer is read, and what its wire is like. */
export interface RequestedFeatures {
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
  /** Some of it came without a word for why it stopped, so that such a word means something. */
  private hadNoEnd = false;
  /** How sure its end is: `likely` where every frame may say so, also the first one. */
  private ending: 'open' | 'likely' | 'sure' = 'open';
  /** The latest frame has all of an answer in it, as far as its shape tells. */
  protected hasWhole = false;
  /** Something may have been said where nobody reads it. */
  protected hasUnread = false;
  /** What had come before the frame in hand. */
  private piecesBefore = 0;
  private frameCount = 0;

  constructor({ provider, inputCharacters, tools = [], hasWholeNames }: RequestedFeatures) {
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
    if (this.ending === 'sure' && !this.wentOn) return 'cost';
    return this.parts.characters > 0 || !this.calls.isEmpty ? 'text' : 'beginning';
  }

  get isComplete(): boolean {
    return this.ending !== 'open';
  }

  get isDone(): boolean {
    return this.ended || this.frames.failure !== undefined;
  }

  feed(bytes: Uint8Array): readonly ModelPart[] {
    if (!this.isDone) this.frames.feed(bytes);
    return this.parts.flush();
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
    if (failure === undefined && this.isWhole) this.finishReason ??= 'stop';
    const isSure = failure === undefined || (this.ending !== 'open' && !this.wentOn);
    if (this.finishReason === undefined || !isSure) {
      throw failure ?? brokenAnswer(this.provider, 'broke off before it was complete');
    }
    if (this.isUnreadable) throw this.unreadable();
    return [...rest, ...this.last(this.finishReason)];
  }

  /** Takes the JSON of one frame, and its name if it has one; throws a `ModelError` for one that cannot be used. */
  protected abstract handleFrame(frame: object, name: string | undefined): void;

  /** The last parts of an answer whose end was said. */
  protected abstract last(said: FinishReason): readonly ModelPart[];

  /**
   * The tool calls, whole. An answer that ends in calls and has none has lost them, and so has one that says nothing
   * where it may have said something: `PROVIDER_ERROR`.
   */
  protected callsAtEnd(said: FinishReason, isCutShort = said === 'length'): readonly ToolCall[] {
    const calls = this.calls.whole(isCutShort);
    const isEmpty = this.hasUnread && said === 'stop' && !this.parts.hasSaid('text');
    if ((said === 'tool_calls' || isEmpty) && calls.length === 0) throw this.unreadable();
    return calls;
  }

  /** There was something that has no known shape. */
  protected cannotRead(): void {
    this.isUnreadable = true;
  }

  /** Takes the word for why the model stopped; one that is empty says nothing. */
  protected handleFinish(said: unknown): void {
    const word = wordSaid(said);
    if (word === '') return;
    if (word === undefined) return this.cannotRead();
    const reason = finishReasonOf(word);
    if (reason === undefined) throw reportedError(this.provider, { code: word });
    if (isSureEnd(word)) {
      const isLast = this.isSilent && this.pieces > 0;
      this.ending = isLast || this.hadNoEnd ? 'sure' : 'likely';
      this.finishReason = reason;
    } else this.finishReason ??= reason;
  }

  /** All of it came at once, in answer to a request for a stream: it needs no word for its end. */
  private get isWhole(): boolean {
    return this.hasWhole && this.frameCount === 1 && (this.frames.wasBare || this.ended);
  }

  /** Pieces of the answer so far. */
  protected get pieces(): number {
    return this.parts.pieces + this.calls.pieces;
  }

  /** Whether the frame in hand has said nothing so far. */
  protected get isSilent(): boolean {
    return this.pieces === this.piecesBefore;
  }

  protected unreadable(): ModelError {
    return unreadable(this.provider, 'has a part that cannot be read');
  }

  private read(frame: object, name: string | undefined): void {
    if (this.ended) return;
    const failure = name === 'error' ? frame : failureIn(frame);
    if (failure !== undefined) throw reportedError(this.provider, failure);
    this.frameCount += 1;
    this.piecesBefore = this.pieces;
    const { ending } = this;
    this.ending = 'open';
    this.handleFrame(frame, name);
    if (this.isSilent) {
      if (this.ending === 'open') this.ending = ending;
    } else if (ending !== 'open') this.wentOn = true;
    else this.hadNoEnd ||= this.ending === 'open';
  }
}
