import type { FinishReason, ToolCall } from '../../../kernel/index.js';
import { sizeOf } from '../../core/estimate-usage.js';
import type { ModelError } from '../../core/model-error.js';
import type { ModelPart, ModelRequest } from '../../ports/language-model.js';
import { AnswerParts } from './answer-parts.js';
import { reportedError } from './classify-error.js';
import { failureIn } from './failure-in.js';
import { finishReasonOf, isSureEnd, wordSaid } from './finish-reason.js';
import { FrameDecoder } from './frame-decoder.js';
import { brokenAnswer, unreadable } from './model-errors.js';
import type { Stage } from './stream-timeouts.js';
import type { AnswerReader } from './stream-answer.js';
import { RepeatedFrame } from './repeated-frame.js';
import { ToolCallGatherer } from './tool-calls.js';

/** The request whose answer is read, and the properties of its wire. */
export interface RequestedFeatures {
  readonly provider: string;
  /** Size of the question in UTF-16 code units, for an estimate of its cost if the provider reports none. */
  readonly inputCharacters: number;
  /** Names of the tools that were offered. */
  readonly tools?: readonly string[] | undefined;
  /** Whether the wire sends the name of a tool in one piece, as most do. */
  readonly hasWholeNames?: boolean;
  /** Whether calls are wanted whose arguments are no JSON object. */
  readonly takesBrokenArguments?: boolean | undefined;
}

/** What a reader has to know of the request. */
export function featuresOf(
  provider: string,
  { messages, tools, takesBrokenArguments }: ModelRequest,
): RequestedFeatures {
  const names = tools?.map(({ name }) => name);
  return { provider, inputCharacters: sizeOf(messages), tools: names, takesBrokenArguments };
}

const NO_TOOLS: ReadonlySet<string> = new Set();

/**
 * Reads an answer that comes as frames of JSON; subclasses interpret the frames. Everything of one kind in one call of
 * `feed` becomes one part, so that a token costs little more than parsing its JSON. A frame, or a piece of one, of an
 * unknown shape does not end the answer, but such an answer ends in an error.
 */
export abstract class FrameAnswerReader implements AnswerReader {
  protected readonly provider: string;
  protected readonly inputCharacters: number;
  protected readonly calls: ToolCallGatherer;
  protected readonly parts = new AnswerParts();
  /** Why the model stopped, once it has been reported. */
  protected finishReason: FinishReason | undefined;
  /** The provider has reported that nothing follows. */
  protected ended = false;
  private readonly frames: FrameDecoder;
  private readonly repeated = new RepeatedFrame();
  private isUnreadable = false;
  private isClosed = false;
  /** The answer continued after the reason for its end. */
  private continuedAfterEnd = false;
  /** Some frame had no finish reason, so one that comes later means something. */
  private hadFrameWithoutFinish = false;
  /** How certain the end is: `likely` if every frame, the first one included, may carry a finish reason. */
  private ending: 'open' | 'likely' | 'sure' = 'open';
  /** The latest frame has the shape of a whole answer. */
  protected hasWhole = false;
  /** Some field that is not read may have held a part of the answer. */
  protected hasUnread = false;
  /** The number of pieces before the current frame. */
  private piecesBefore = 0;
  private frameCount = 0;

  constructor(requested: RequestedFeatures) {
    const {
      provider,
      inputCharacters,
      tools = [],
      hasWholeNames = true,
      takesBrokenArguments = false,
    } = requested;
    this.provider = provider;
    this.inputCharacters = inputCharacters;
    this.calls = new ToolCallGatherer({
      provider,
      hasWholeNames,
      takesBrokenArguments,
      tools: tools.length === 0 ? NO_TOOLS : new Set(tools),
      give: (piece) => this.parts.addTool(piece),
      markUnreadable: () => this.markUnreadable(),
    });
    this.frames = new FrameDecoder(
      provider,
      (frame, name, text) => this.read(frame, name, text),
      () => (this.ended = true),
      (text) => this.readRepeated(text),
    );
  }

  get stage(): Stage {
    if (this.ending === 'sure' && !this.continuedAfterEnd) return 'cost';
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
    // A finish reason counts even if the usage after it was lost.
    if (failure === undefined && this.isWhole) this.finishReason ??= 'stop';
    const isSure = failure === undefined || (this.ending !== 'open' && !this.continuedAfterEnd);
    if (this.finishReason === undefined || !isSure) {
      throw failure ?? brokenAnswer(this.provider, 'broke off before it was complete');
    }
    if (this.isUnreadable) throw this.unreadable();
    return [...rest, ...this.last(this.finishReason)];
  }

  /** Handles the JSON of one frame, and its event name if it has one; throws a `ModelError` for an unusable one. */
  protected abstract handleFrame(frame: object, name: string | undefined): void;

  /**
   * The text that is the whole meaning of a frame: it says nothing else and, said again with another text, would mean no
   * more than that text. `undefined` for any other frame.
   */
  protected plainTextOf(_frame: object): string | undefined {
    return undefined;
  }

  /** The last parts of an answer that was finished. */
  protected abstract last(said: FinishReason): readonly ModelPart[];

  /**
   * The tool calls, whole. Throws `PROVIDER_ERROR` for an answer that ends in calls and has none, and for an empty one
   * that may have had content in a field that is not read.
   */
  protected callsAtEnd(said: FinishReason, isCutShort = said === 'length'): readonly ToolCall[] {
    const calls = this.calls.whole(isCutShort);
    const isEmpty = this.hasUnread && said === 'stop' && !this.parts.hasSaid('text');
    if ((said === 'tool_calls' || isEmpty) && calls.length === 0) throw this.unreadable();
    return calls;
  }

  /** Notes that something had no known shape. */
  protected markUnreadable(): void {
    this.isUnreadable = true;
  }

  /** Notes the finish reason; an empty one means nothing. */
  protected handleFinish(said: unknown): void {
    const word = wordSaid(said);
    if (word === '') return;
    if (word === undefined) return this.markUnreadable();
    const reason = finishReasonOf(word);
    if (reason === undefined) throw reportedError(this.provider, { code: word });
    if (isSureEnd(word)) {
      const isLast = this.isSilent && this.pieces > 0;
      this.ending = isLast || this.hadFrameWithoutFinish ? 'sure' : 'likely';
      this.finishReason = reason;
    } else this.finishReason ??= reason;
  }

  /** The whole answer arrived at once, in response to a request for a stream: it needs no finish reason. */
  private get isWhole(): boolean {
    return this.hasWhole && this.frameCount === 1 && (this.frames.wasBare || this.ended);
  }

  /** Pieces of the answer so far. */
  protected get pieces(): number {
    return this.parts.pieces + this.calls.pieces;
  }

  /** Whether the current frame has added nothing so far. */
  protected get isSilent(): boolean {
    return this.pieces === this.piecesBefore;
  }

  protected unreadable(): ModelError {
    return unreadable(this.provider, 'has a part that cannot be read');
  }

  private read(frame: object, name: string | undefined, text: string | undefined): void {
    if (this.ended) return;
    const failure = name === 'error' ? frame : failureIn(frame);
    if (failure !== undefined) throw reportedError(this.provider, failure);
    const ending = this.beginFrame();
    this.handleFrame(frame, name);
    this.endFrame(ending);
    if (text === undefined || name !== undefined || !this.repeated.isLearning) return;
    const said = this.plainTextOf(frame);
    if (said !== undefined) this.repeated.learn(text, said);
  }

  /** Reads a frame that differs from an earlier one in its text only. */
  private readRepeated(text: string): boolean {
    const said = this.repeated.contentOf(text);
    if (said === undefined) return false;
    if (this.ended) return true;
    const ending = this.beginFrame();
    this.parts.add('text', said);
    this.endFrame(ending);
    return true;
  }

  /** Returns how certain the end was before the frame. */
  private beginFrame(): 'open' | 'likely' | 'sure' {
    this.frameCount += 1;
    this.piecesBefore = this.pieces;
    const { ending } = this;
    this.ending = 'open';
    return ending;
  }

  private endFrame(ending: 'open' | 'likely' | 'sure'): void {
    if (this.isSilent) {
      if (this.ending === 'open') this.ending = ending;
    } else if (ending !== 'open') this.continuedAfterEnd = true;
    else this.hadFrameWithoutFinish ||= this.ending === 'open';
  }
}
