import type { ToolCall, ToolPiece } from '../../../kernel/index.js';
import { GrowingCall, isObject } from './growing-call.js';
import { unreadable } from './model-errors.js';
import { opensAnother } from './tool-call-boundary.js';
import { toolDeltasIn, type ToolDelta } from './tool-delta.js';

/** What the gatherer needs to know of the answer. */
export interface CallsOfAnswer {
  readonly provider: string;
  /** Whether a name comes in one piece, so that a call can be emitted before its arguments. */
  readonly hasWholeNames: boolean;
  /** Whether a call is given as well whose arguments are no JSON object. */
  readonly takesBrokenArguments: boolean;
  /** The tools that were offered. */
  readonly tools: ReadonlySet<string>;
  /** Receives each piece as soon as its call is certain. */
  readonly give: (piece: ToolPiece) => void;
  /** There is a call that cannot be read. */
  readonly markUnreadable: () => void;
}

const MAX_CALLS = 128;
/** For whoever answers calls that cannot be made: they are told of, or counted, in place of an error. */
const MAX_ANSWERED_CALLS = 1_024;
const MAX_ARGUMENTS_LENGTH = 4_000_000;
const MAX_NAME_LENGTH = 1_000;
/** Some servers put a signature into the id. */
const MAX_ID_LENGTH = 65_536;

/**
 * Gathers tool calls, which come in interleaved pieces, and tells them apart by index, id and name, as far as the
 * provider sends these. Each piece is emitted as soon as the name of its call is certain.
 */
export class ToolCallGatherer {
  private readonly calls: GrowingCall[] = [];
  /** The calls with a piece in the current delta. */
  private touched: GrowingCall[] = [];
  /** A first piece that may belong to another call, or to the same one under a changing id. */
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

  /** Adds the `tool_calls` of one delta. Throws `PROVIDER_ERROR` when they exceed their bounds. */
  add(said: unknown): void {
    if (this.appendToLatest(said)) return;
    const deltas = toolDeltasIn(said);
    this.touched = [];
    for (const [position, delta] of deltas.entries()) {
      if (delta === undefined) this.answer.markUnreadable();
      else this.addPiece(delta, deltas.length > 1 ? position : undefined);
    }
  }

  /** The common case: a delta with nothing but the next arguments of a known call. */
  private appendToLatest(said: unknown): boolean {
    if (!Array.isArray(said) || said.length !== 1 || this.doubtful !== undefined) return false;
    const { index, id, function: called } = (said[0] ?? {}) as Partial<Record<string, unknown>>;
    const call = typeof index === 'number' ? this.latest(index) : undefined;
    if (call === undefined || !(isAbsent(id) || id === call.id)) return false;
    const { name, arguments: text } = (called ?? {}) as Partial<Record<string, unknown>>;
    if (!isAbsent(name) || typeof text !== 'string' || text === '') return false;
    this.count += 1;
    this.grow(call, text);
    return true;
  }

  /** `position`: its index in a delta that has several. */
  private addPiece(delta: ToolDelta, position: number | undefined): void {
    const { id, name, text } = delta;
    if (id === '' && name === '' && text === '') return;
    this.count += 1;
    if (name.length > MAX_NAME_LENGTH || id.length > MAX_ID_LENGTH) throw this.tooLong();
    const call = this.callOf(delta, delta.index ?? position);
    if (call === undefined) return;
    if (call.id === '') call.id = id;
    this.setName(call, name);
    if (call.name.length > MAX_NAME_LENGTH) throw this.tooLong();
    this.touched.push(call);
    this.grow(call, text);
  }

  /** A name that was emitted cannot be extended any more. */
  private setName(call: GrowingCall, said: string): void {
    if (said === '' || said === call.name) return;
    if (call.givenId === undefined) call.extendName(said);
    else this.answer.markUnreadable();
  }

  /** The call that a piece belongs to; `undefined` while that is in doubt. */
  private callOf(delta: ToolDelta, key: number | undefined): GrowingCall | undefined {
    const current = key === undefined ? this.calls.at(-1) : this.latest(key);
    if (current === undefined) {
      // An id belongs to its call even if each piece has its own number.
      return (delta.name === '' ? this.withId(delta.id, undefined) : undefined) ?? this.open(delta, key);
    }
    const doubtful = this.resolved(delta, current);
    if (doubtful !== undefined) return doubtful;
    const isOther = delta.id !== '' && current.id !== '' && delta.id !== current.id;
    const earlier = isOther ? this.withId(delta.id, delta.index) : undefined;
    if (earlier !== undefined) return earlier;
    const { tools } = this.answer;
    const context = { isOther, isSameDelta: this.touched.includes(current), tools };
    const verdict = opensAnother(current, delta, context);
    if (verdict === 'doubtful') this.doubtful = { key: current.key, id: delta.id, name: delta.name };
    if (verdict === 'doubtful') return undefined;
    return verdict === 'yes' ? this.open(delta, key ?? this.calls.length) : current;
  }

  /** The latest call of a number. */
  private latest(key: number): GrowingCall | undefined {
    return this.calls.findLast((call) => call.key === key);
  }

  private withId(id: string, key: number | undefined): GrowingCall | undefined {
    if (id === '') return undefined;
    return this.calls.find((call) => call.id === id && (key === undefined || call.key === key));
  }

  /** The doubtful piece begins a call of its own when its id is repeated, or arguments follow complete ones. */
  private resolved(delta: ToolDelta, current: GrowingCall): GrowingCall | undefined {
    const { doubtful } = this;
    if (doubtful === undefined || doubtful.key !== current.key || delta.text === '') return undefined;
    this.doubtful = undefined;
    const isItsOwn = delta.id === doubtful.id || (delta.id === '' && current.endsBefore(delta.text));
    if (!isItsOwn) return undefined;
    current.isTentative = !current.hasArguments;
    return this.open({ ...delta, ...doubtful }, doubtful.key);
  }

  private open(delta: ToolDelta, key: number | undefined): GrowingCall {
    const limit = this.answer.takesBrokenArguments ? MAX_ANSWERED_CALLS : MAX_CALLS;
    if (this.calls.length === limit) throw unreadable(this.answer.provider, 'has too many tool calls');
    if (this.calls.length >= MAX_CALLS) this.charge(delta.id.length + delta.name.length);
    const call = new GrowingCall(key ?? this.calls.length, this.calls.length, delta);
    this.calls.push(call);
    return call;
  }

  private grow(call: GrowingCall, text: string): void {
    if (text !== '') {
      if (this.isRepeated(call, text)) return;
      this.charge(text.length);
      call.append(text);
    }
    if (call.name !== '' && (call.hasArguments || this.isSure(call.name))) this.giveOut(call);
  }

  private charge(length: number): void {
    this.size += length;
    if (this.size > MAX_ARGUMENTS_LENGTH) throw this.tooLong();
  }

  /** Whether a name is complete: it may be the beginning of another tool's name, or of an unknown one. */
  private isSure(name: string): boolean {
    const { hasWholeNames, tools } = this.answer;
    if (hasWholeNames || !tools.has(name)) return hasWholeNames;
    return ![...tools].some((tool) => tool !== name && tool.startsWith(name));
  }

  /** Some servers repeat the whole call at its end. With any other text behind them, complete arguments are no JSON. */
  private isRepeated(call: GrowingCall, text: string): boolean {
    if (!call.endsBefore(text)) return false;
    const isRepetition = text.trim() === call.text;
    if (!isRepetition && this.answer.takesBrokenArguments) return false;
    if (!isRepetition) this.answer.markUnreadable();
    return true;
  }

  private drain(call: GrowingCall): string | undefined {
    return call.drain((id) => this.calls.some((other) => other.givenId === id));
  }

  private giveOut(call: GrowingCall): void {
    const text = this.drain(call);
    if (text === undefined) return;
    this.answer.give({ type: 'tool_piece', index: call.place, id: call.givenId!, name: call.name, text });
  }

  /**
   * The calls, whole. A call that was cut short by the token limit is left out; for any other one without a name or with
   * arguments that are not a JSON object, where such are not wanted, or that may not have been a call, throws `PROVIDER_ERROR`.
   */
  whole(cutShort: boolean): ToolCall[] {
    const takesBroken = this.answer.takesBrokenArguments && !cutShort;
    return this.calls.flatMap((call) => {
      if (call.name !== '') this.giveOut(call);
      else if (takesBroken) this.drain(call);
      const { givenId: id, name } = call;
      const text = call.end();
      const isSure = call.hasArguments || !(cutShort || call.isTentative);
      const isWanted = takesBroken || isObject(text);
      if (id !== undefined && isSure && isWanted) return [{ id, name, arguments: text }];
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
