import { newId, type ToolCall } from '../../../kernel/index.js';
import { cleanText } from '../../core/clean-text.js';
import { brokenAnswer } from './model-errors.js';

interface GrowingCall {
  readonly index: number;
  id: string;
  name: string;
  readonly pieces: string[];
}

const MOST_CALLS = 128;
const LONGEST_ARGUMENTS = 1_000_000;

/** Gathers tool calls, which come in pieces and interleaved, told apart by their index. */
export class ToolCallGatherer {
  private readonly calls: GrowingCall[] = [];
  private readonly byIndex = new Map<number, GrowingCall>();
  private size = 0;

  constructor(private readonly provider: string) {}

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
    if (typeof piece.arguments !== 'string') return;
    call.pieces.push(piece.arguments);
    this.size += piece.arguments.length;
    if (this.size > LONGEST_ARGUMENTS) throw brokenAnswer(this.provider, 'has tool calls that are too long');
  }

  /** Some servers number every call 0, or none: another id is another call, whatever its number. */
  private callOf(index: unknown, id: string): GrowingCall {
    const key = typeof index === 'number' ? index : 0;
    const current = this.byIndex.get(key);
    if (current !== undefined && (id === '' || current.id === '' || current.id === id)) {
      if (current.id === '') current.id = id;
      return current;
    }
    const earlier = this.calls.find((call) => call.index === key && call.id === id);
    if (earlier !== undefined) return earlier;
    if (this.calls.length === MOST_CALLS) throw brokenAnswer(this.provider, 'has too many tool calls');
    const call: GrowingCall = { index: key, id, name: '', pieces: [] };
    this.calls.push(call);
    this.byIndex.set(key, call);
    return call;
  }

  /**
   * The calls, whole. A call cut short by the token limit is left out; any other that has no name or whose arguments
   * are not JSON is `PROVIDER_ERROR`.
   */
  whole(cutShort: boolean): ToolCall[] {
    const complete = this.calls.flatMap(({ id, name, pieces }) => {
      const text = cleanText(pieces.join('')).trim() || '{}';
      if (name !== '' && isJson(text))
        return [{ id: id === '' ? `call_${newId()}` : id, name, arguments: text }];
      if (cutShort) return [];
      throw brokenAnswer(this.provider, 'has a tool call that cannot be read');
    });
    return complete;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
