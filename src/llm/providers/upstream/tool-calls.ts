import type { ToolCall, ToolPiece } from '../../../kernel/index.js';
import { GrowingCall, isObject } from './growing-call.js';
import { unreadable } from './model-errors.js';
import { opensAnother } from './tool-call-boundary.js';
import { toolDeltasIn, type ToolDelta } from './tool-delta.js';

/** What a gatherer is to know of the answer whose calls it gathers. */
export interface CallsOfAnswer {
  readonly provider: string;
  /** Whether a name comes in one piece, so that a call can be told of before its arguments. */
  readonly hasWholeNames: boolean;
  /** The tools that were offered. */
  readonly tools: ReadonlySet<string>;
  /** Takes each piece as soon as it is sure. */
  readonly give: (piece: ToolPiece) => void;
  /** There is a call that cannot be read. */
  readonly cannotRead: () => void;
}

const MOST_CALLS = 128;
const LONGEST_ARGUMENTS = 4_000_000;
const LONGEST_NAME = 1_000;
/** Some servers keep a signature in it. */
const LONGEST_ID = 65_536;

/**
 * Gathers tool calls, which come in pieces and interleaved, told apart by their index, their id and their name, as far as
 * the provider says these. Each piece is handed on as soon as the name of its call is sure.
 */
export class ToolCallGatherer {
  private readonly calls: GrowingCall[] = [];
  /** The latest call of each number. */
  private readonly byKey = new Map<number, GrowingCall>();
  /** The calls that the delta in hand has spoken of. */
  private touched = new Set<GrowingCall>();
  /** An opening that may be another call, or the same one under an id that changes. */
  private doubtful: { readonly key: number; readonly id: string; readonly name: string } | undefined;
  private size = 0;
  private count = 0;

  constructor(private readonly answer: CallsOfAnswer) {}

  get isEmpty(): boolean {
    return this.calls.length === 0;
  }

  /** Code units of all arguments so far. */
  get characters(): number {
    return this.size;
  }

  /** Pieces so far. */
  get pieces(): number {
    return this.count;
  }

  /** Takes the `tool_calls` of one delta. Throws `PROVIDER_ERROR` when they grow out of bounds. */
  add(said: unknown): void {
    if (this.goesOn(said)) return;
    const deltas = toolDeltasIn(said);
    this.touched = new Set();
    for (const [position, delta] of deltas.entries()) {
      if (delta === undefined) this.answer.cannotRead();
      else this.addPiece(delta, deltas.length > 1 ? position : undefined);
    }
  }

  /** The usual piece, which is no more than the next arguments of a call known by its number. */
  private goesOn(said: unknown): boolean {
    if (!Array.isArray(said) || said.length !== 1 || this.doubtful !== undefined) return false;
    const { index, id, function: called } = (said[0] ?? {}) as Partial<Record<string, unknown>>;
    const call = typeof index === 'number' ? this.byKey.get(index) : undefined;
    if (call === undefined || !(isAbsent(id) || id === call.id)) return false;
    const { name, arguments: text } = (called ?? {}) as Partial<Record<string, unknown>>;
    if (!isAbsent(name) || typeof text !== 'string' || text === '') return false;
    this.count += 1;
    this.grow(call, text);
    return true;
  }

  /** `position`: its place in a delta that has several. */
  private addPiece(delta: ToolDelta, position: number | undefined): void {
    const { id, name, text } = delta;
    if (id === '' && name === '' && text === '') return;
    this.count += 1;
    if (name.length > LONGEST_NAME || id.length > LONGEST_ID) throw this.tooLong();
    const call = this.callOf(delta, delta.index ?? position);
    if (call === undefined) return;
    if (call.id === '') call.id = id;
    this.setName(call, name);
    if (call.name.length > LONGEST_NAME) throw this.tooLong();
    this.touched.add(call);
    this.grow(call, text);
  }

  /** A name that was given out cannot grow any more. */
  private setName(call: GrowingCall, said: string): void {
    if (said === '' || said === call.name) return;
    if (call.givenId === undefined) call.nameGoesOn(said);
    else this.answer.cannotRead();
  }

  /** The call a piece belongs to; `undefined` while that is in doubt. */
  private callOf(delta: ToolDelta, key: number | undefined): GrowingCall | undefined {
    const current = key === undefined ? this.calls.at(-1) : this.byKey.get(key);
    if (current === undefined) {
      // An id goes on with its call even where each piece has a number of its own.
      return (delta.name === '' ? this.withId(delta.id, undefined) : undefined) ?? this.open(delta, key);
    }
    const doubtful = this.resolved(delta, current);
    if (doubtful !== undefined) return doubtful;
    const isOther = delta.id !== '' && current.id !== '' && delta.id !== current.id;
    const earlier = isOther ? this.withId(delta.id, delta.index) : undefined;
    if (earlier !== undefined) return earlier;
    const { tools } = this.answer;
    const context = { isOther, isSameDelta: this.touched.has(current), tools };
    const verdict = opensAnother(current, delta, context);
    if (verdict === 'doubtful') this.doubtful = { key: current.key, id: delta.id, name: delta.name };
    if (verdict === 'doubtful') return undefined;
    return verdict === 'yes' ? this.open(delta, key ?? this.calls.length) : current;
  }

  private withId(id: string, key: number | undefined): GrowingCall | undefined {
    if (id === '') return undefined;
    return this.calls.find((call) => call.id === id && (key === undefined || call.key === key));
  }

  /** The doubtful opening is a call of its own when its id comes again, or arguments where others are whole. */
  private resolved(delta: ToolDelta, current: GrowingCall): GrowingCall | undefined {
    const { doubtful } = this;
    if (doubtful === undefined || doubtful.key !== current.key || delta.text === '') return undefined;
    this.doubtful = undefined;
    const isItsOwn = delta.id === doubtful.id || (delta.id === '' && current.endsBefore(delta.text));
    if (!isItsOwn) return undefined;
    current.isDoubted = !current.hasArguments;
    return this.open({ ...delta, ...doubtful }, doubtful.key);
  }

  private open(delta: ToolDelta, key: number | undefined): GrowingCall {
    if (this.calls.length === MOST_CALLS) throw unreadable(this.answer.provider, 'has too many tool calls');
    const call = new GrowingCall(key ?? this.calls.length, this.calls.length, delta);
    this.calls.push(call);
    this.byKey.set(call.key, call);
    return call;
  }

  private grow(call: GrowingCall, text: string): void {
    if (text !== '') {
      if (call.endsBefore(text)) return this.repeat(call, text);
      this.size += text.length;
      if (this.size > LONGEST_ARGUMENTS) throw this.tooLong();
      call.append(text);
    }
    if (call.name !== '' && (call.hasArguments || this.isSure(call.name))) this.giveOut(call);
  }

  /** Whether a name is whole: it may be the beginning of another that was offered, or of one that was not. */
  private isSure(name: string): boolean {
    const { hasWholeNames, tools } = this.answer;
    if (hasWholeNames || !tools.has(name)) return hasWholeNames;
    return ![...tools].some((tool) => tool !== name && tool.startsWith(name));
  }

  /** Some say all of a call again at its end. Anything else behind whole arguments is nobody's. */
  private repeat(call: GrowingCall, text: string): void {
    if (text.trim() !== call.text) this.answer.cannotRead();
  }

  private giveOut(call: GrowingCall): void {
    const text = call.drain((id) => this.calls.some((other) => other.givenId === id));
    if (text === undefined) return;
    this.answer.give({ type: 'tool_piece', index: call.place, id: call.givenId!, name: call.name, text });
  }

  /**
   * The calls, whole. A call cut short by the token limit is left out; any other that has no name, whose arguments are no
   * JSON object, or that may never have been one is `PROVIDER_ERROR`.
   */
  whole(cutShort: boolean): ToolCall[] {
    return this.calls.flatMap((call) => {
      if (call.name !== '') this.giveOut(call);
      const { givenId: id, name } = call;
      const text = call.end();
      const isSure = call.hasArguments || !(cutShort || call.isDoubted);
      if (id !== undefined && isSure && isObject(text)) return [{ id, name, arguments: text }];
      if (cutShort) return [];
      throw unreadable(this.answer.provider, 'has a tool call that cannot be read');
    });
  }

  private tooLong() {
    return unreadable(this.answer.provider, 'has tool calls that are too long');
  }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
