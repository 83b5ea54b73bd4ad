import { newId, type ToolCall } from '../../../kernel/index.js';
import { TextCleaner } from '../../core/clean-text.js';
import type { ToolPiece } from '../../ports/language-model.js';
import { brokenAnswer } from './model-errors.js';
import { TrimmedPieces } from './trimmed-pieces.js';

interface GrowingCall {
  /** The provider's number, which need not be its own. */
  readonly key: number;
  readonly place: number;
  /** The provider's id; '' as long as there is none. */
  id: string;
  /** The id it is given out under, from its first piece on. */
  givenId: string | undefined;
  name: string;
  readonly cleaner: TextCleaner;
  /** What was given out of its arguments. */
  readonly given: string[];
  /** What may follow: spaces at their end, or all of it before the name is known. */
  readonly rest: TrimmedPieces;
}

const MOST_CALLS = 128;
const LONGEST_ARGUMENTS = 1_000_000;

/**
 * Gathers tool calls, which come in pieces and interleaved, told apart by their index. Each piece is handed on as soon as
 * its call has a name.
 */
export class ToolCallGatherer {
  private readonly calls: GrowingCall[] = [];
  private readonly byKey = new Map<number, GrowingCall>();
  private size = 0;

  constructor(
    private readonly provider: string,
    private readonly give: (piece: ToolPiece) => void,
  ) {}

  get isEmpty(): boolean {
    return this.calls.length === 0;
  }

  /** Code units of all arguments so far. */
  get characters(): number {
    return this.size;
  }

  /** Takes the `tool_calls` of one delta. Throws `PROVIDER_ERROR` when they grow out of bounds. */
  add(deltas: readonly unknown[]): void {
    for (const delta of deltas) {
      if (typeof delta === 'object' && delta !== null) this.addPiece(delta);
    }
  }

  private addPiece(delta: { index?: unknown; id?: unknown; function?: unknown }): void {
    const call = this.callOf(delta.index, typeof delta.id === 'string' ? delta.id : '');
    const piece = (delta.function ?? {}) as { name?: unknown; arguments?: unknown };
    if (call.name === '' && typeof piece.name === 'string') call.name = piece.name;
    if (typeof piece.arguments === 'string') {
      this.size += piece.arguments.length;
      if (this.size > LONGEST_ARGUMENTS)
        throw brokenAnswer(this.provider, 'has tool calls that are too long');
      call.rest.push(call.cleaner.push(piece.arguments));
    }
    if (call.name !== '') this.giveOut(call);
  }

  private giveOut(call: GrowingCall): void {
    const isFirst = call.givenId === undefined;
    const text = call.rest.take();
    if (text === '' && !isFirst) return;
    call.givenId ??= call.id === '' ? `call_${newId()}` : call.id;
    call.given.push(text);
    this.give({ type: 'tool_piece', index: call.place, id: call.givenId, name: call.name, text });
  }

  /** Some servers number every call 0, or none: another id is another call, whatever its number. */
  private callOf(index: unknown, id: string): GrowingCall {
    const key = typeof index === 'number' ? index : 0;
    const current = this.byKey.get(key);
    if (current !== undefined && (id === '' || current.id === '' || current.id === id)) {
      if (current.id === '') current.id = id;
      return current;
    }
    const earlier = this.calls.find((call) => call.key === key && call.id === id);
    if (earlier !== undefined) return earlier;
    if (this.calls.length === MOST_CALLS) throw brokenAnswer(this.provider, 'has too many tool calls');
    const call = newCall(key, this.calls.length, id);
    this.calls.push(call);
    this.byKey.set(key, call);
    return call;
  }

  /**
   * The calls, whole. A call cut short by the token limit is left out; any other that has no name or whose arguments
   * are not JSON is `PROVIDER_ERROR`.
   */
  whole(cutShort: boolean): ToolCall[] {
    return this.calls.flatMap(({ givenId, name, given, cleaner }) => {
      const text = given.join('') + cleaner.end() || '{}';
      if (givenId !== undefined && isJson(text)) return [{ id: givenId, name, arguments: text }];
      if (cutShort) return [];
      throw brokenAnswer(this.provider, 'has a tool call that cannot be read');
    });
  }
}

function newCall(key: number, place: number, id: string): GrowingCall {
  return {
    key,
    place,
    id,
    givenId: undefined,
    name: '',
    cleaner: new TextCleaner(),
    given: [],
    rest: new TrimmedPieces(),
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
