import type { FinishReason, Usage } from '../../../kernel/index.js';
import { estimateUsage } from '../../core/estimate-usage.js';
import type { ModelPart } from '../../ports/language-model.js';
import { FrameAnswerReader, type RequestedFeatures } from '../upstream/answer-reader.js';
import { readContent, readRefusal, type ContentReader, type Kind } from '../upstream/content.js';
import { finishReasonOf, wordSaid } from '../upstream/finish-reason.js';
import { CallMetadataReader } from './call-metadata.js';
import {
  choiceOf,
  otherCalls,
  otherReasoning,
  hasUnreadField,
  usageOf,
  type Choice,
  type CompletionChunk,
  type Delta,
} from './openai-chunk.js';

/** The number of the single call in `function_call`, the predecessor of `tool_calls`. */
const ONLY_CALL = -1;

/** Reads the bytes of a streamed chat completion into parts. */
export class OpenAiAnswerReader extends FrameAnswerReader {
  private usage: Usage | undefined;
  private refused = false;
  private readonly metadata = new CallMetadataReader();
  /** The server sends pieces as messages rather than deltas. */
  private isInMessages = false;
  private readonly content: ContentReader = {
    say: (kind, text) => this.parts.add(kind, text),
    refuse: (text) => this.refuse(text),
    call: (call) => this.calls.add([call]),
    markUnreadable: () => this.markUnreadable(),
  };

  constructor(requested: RequestedFeatures) {
    super({ ...requested, hasWholeNames: false });
  }

  protected last(said: FinishReason): readonly ModelPart[] {
    const calls = this.callsAtEnd(said);
    return this.parts.finish(
      calls,
      this.reason(said, calls.length > 0),
      this.usage ?? estimateUsage(this.inputCharacters, this.parts.characters + this.calls.characters),
      this.attached(),
    );
  }

  private attached() {
    const { reasoning, calls } = this.metadata;
    return { ...(reasoning !== undefined && { reasoning }), ...(calls !== undefined && { calls }) };
  }

  private reason(said: FinishReason, hasCalls: boolean): FinishReason {
    if (said === 'length' || said === 'content_filter') return said;
    if (this.refused) return 'content_filter';
    return hasCalls ? 'tool_calls' : 'stop';
  }

  protected handleFrame(chunk: CompletionChunk): void {
    const choice = choiceOf(chunk);
    if (choice === null) this.markUnreadable();
    const usage = usageOf(chunk.usage) ?? usageOf(chunk.x_groq?.usage) ?? usageOf(choice?.usage);
    if (choice !== undefined && choice !== null) this.handleChoice(choice);
    if (usage !== undefined) this.handleUsage(usage, choice?.finish_reason);
    if (choice?.finish_reason !== undefined) this.handleFinish(choice.finish_reason);
  }

  /** What this reads of a frame is its first choice and its usage, and of those nothing but a text may be there. */
  protected override plainTextOf(chunk: CompletionChunk): string | undefined {
    const { choices, usage, x_groq: ofGroq } = chunk;
    const [choice] = Array.isArray(choices) ? (choices as readonly (Choice | null)[]) : [];
    const isOnly = isNothing(usage) && isNothing(ofGroq) && onlyHas(choice, CHOICE_WITH_TEXT);
    if (!isOnly || !isNothing(choice?.finish_reason)) return undefined;
    const delta = choice?.delta;
    if (!onlyHas(delta, DELTA_WITH_TEXT)) return undefined;
    const { content } = delta as Delta;
    return typeof content === 'string' && content !== '' ? content : undefined;
  }

  private handleChoice(choice: Choice): void {
    const before = this.pieces;
    const { delta, message, text } = choice;
    if (typeof delta === 'object' && delta !== null && !Array.isArray(delta)) this.handleDelta(delta);
    else if (delta !== undefined) readContent(delta, 'text', this.content);
    if (message !== undefined || text !== undefined) this.handleWhole(message ?? text);
    this.hasWhole = Boolean(message) && !delta;
    if (this.pieces === before) this.handleUnusual(choice);
  }

  /** Reads a choice that has nothing in the usual fields. */
  private handleUnusual({ delta, message, ...choice }: Choice): void {
    const { content, output_text: said, deltas } = choice;
    if (content ?? said) this.handleWhole(content || said);
    if (Array.isArray(deltas)) for (const one of deltas as unknown[]) this.handleChoice({ delta: one });
    else if (deltas) this.markUnreadable();
    if (!this.isSilent) return;
    const isObject = (one: unknown): one is object => typeof one === 'object' && one !== null;
    this.hasUnread ||= [delta, message, choice].some((one) => isObject(one) && hasUnreadField(one));
  }

  /** Some servers report the cost so far with every frame. */
  private handleUsage(usage: Usage, end: unknown): void {
    const isFirst = this.usage === undefined;
    this.usage = usage;
    const { inputTokens, cachedTokens } = usage;
    if (!isFirst || this.finishReason !== undefined || isEnd(end) || inputTokens === 0) return;
    this.parts.addPromptUsage({
      type: 'prompt_usage',
      inputTokens,
      ...(cachedTokens === undefined ? {} : { cachedTokens }),
    });
  }

  private handleDelta(delta: Delta): void {
    const before = this.pieces;
    const content = delta.content || delta.text || delta.output_text;
    const { refusal, tool_calls: calls } = delta;
    const thought = delta.reasoning_content || delta.reasoning;
    if (thought) this.handleReasoning(thought);
    if (typeof content === 'string') this.parts.add('text', content);
    else if (content !== undefined) readContent(content, 'text', this.content);
    if (refusal) readRefusal(refusal, this.content);
    const hasCalls = Array.isArray(calls) ? calls.length > 0 : Boolean(calls);
    if (hasCalls) this.calls.add(calls);
    if (hasCalls) this.metadata.addCalls(calls);
    this.metadata.addDetails(delta.reasoning_details);
    // Some servers send a call twice, in the old format and in the new one.
    if (delta.function_call && !hasCalls) this.handleOnlyCall(delta.function_call);
    if (delta.images || delta.audio) this.handleWithoutText(delta);
    if (this.pieces === before) this.handleFurther(delta);
  }

  /** Reads a delta that has nothing in the usual fields. */
  private handleFurther(delta: Delta): void {
    this.handleReasoning(otherReasoning(delta));
    const calls = otherCalls(delta);
    if (calls !== undefined) this.calls.add(calls);
  }

  private handleReasoning(thought: unknown): void {
    if (typeof thought === 'string') this.parts.add('reasoning', thought);
    else if (thought !== undefined) readContent(thought, 'reasoning', this.content);
  }

  private handleOnlyCall(call: unknown): void {
    if (Array.isArray(call)) this.calls.add(call);
    else if (typeof call === 'object') this.calls.add([{ index: ONLY_CALL, function: call }]);
    else this.markUnreadable();
  }

  private handleWithoutText({ images, audio }: Delta): void {
    const isEmpty = (value: unknown) => !value || Object.keys(value).length === 0;
    if (!isEmpty(images) || !isEmpty(audio)) this.markUnreadable();
  }

  /**
   * The whole answer at once, or a piece of it from servers that send no deltas. After deltas it repeats them: only
   * what they did not have is added.
   */
  private handleWhole(whole: unknown): void {
    const isFirst = this.hasSaidNothing;
    const isMessage = typeof whole === 'object' && whole !== null && !Array.isArray(whole);
    const message: Delta = isMessage ? whole : { content: whole };
    const further = message.reasoning_content || message.reasoning || otherReasoning(message);
    const isNew = (kind: Kind) => isFirst || this.isInMessages || !this.parts.hasSaid(kind);
    const isNewCall = isFirst || this.isInMessages || this.calls.isEmpty;
    this.handleDelta({
      images: message.images,
      audio: message.audio,
      ...(isNew('reasoning') ? { reasoning: further } : {}),
      ...(isNew('text')
        ? { content: message.content || message.text || message.output_text, refusal: message.refusal }
        : {}),
      ...(isNewCall ? { tool_calls: callsOf(message), function_call: message.function_call } : {}),
    });
    this.isInMessages ||= isFirst && !this.hasSaidNothing;
  }

  private get hasSaidNothing(): boolean {
    return !this.parts.hasSaid('text') && !this.parts.hasSaid('reasoning') && this.calls.isEmpty;
  }

  private refuse(text: string): void {
    this.refused = true;
    this.parts.add('text', text);
  }
}

/** Fields of a choice and of a delta that say nothing beside a text; what else is empty does not count. */
const CHOICE_WITH_TEXT = new Set(['index', 'delta', 'finish_reason']);
const DELTA_WITH_TEXT = new Set(['role', 'content']);

function onlyHas(said: unknown, fields: ReadonlySet<string>): said is object {
  if (typeof said !== 'object' || said === null) return false;
  return Object.entries(said).every(([field, value]) => fields.has(field) || isNothing(value));
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function callsOf({ tool_calls: calls, ...message }: Delta): unknown {
  const hasCalls = Array.isArray(calls) ? calls.length > 0 : Boolean(calls);
  return hasCalls ? calls : otherCalls(message);
}

function isEnd(said: unknown): boolean {
  const word = wordSaid(said);
  return word !== undefined && word !== '' && finishReasonOf(word) !== undefined;
}
