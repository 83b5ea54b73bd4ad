import { cleanText, cleanValue } from '../../core/clean-text.js';
import { firstNonEmpty, hasUnknownField } from './unknown-fields.js';

/** One piece of a tool call of any server, in a uniform shape. */
export interface ToolDelta {
  /** The provider's number of the call. */
  readonly index: number | undefined;
  /** '' if it has none. */
  readonly id: string;
  /** The whole name, a piece of it, or ''. */
  readonly name: string;
  /** The whole arguments, a piece of them, or ''. */
  readonly text: string;
}

/** The names under which arguments are read. Under any other name they would be lost. */
const ARGUMENTS = ['arguments', 'input', 'parameters', 'args'];
const KNOWN = new Set(['function', 'function_call', 'custom', ...ARGUMENTS]);

type Fields = Readonly<Record<string, unknown>>;

/** The pieces in one delta's `tool_calls`; `undefined` for one that cannot be read. */
export function toolDeltasIn(said: unknown): readonly (ToolDelta | undefined)[] {
  if (said === undefined || said === null || said === '') return [];
  if (typeof said !== 'object') return [undefined];
  const list: readonly unknown[] = Array.isArray(said) ? said : listedIn(said as Fields);
  return list.filter((entry) => entry !== null && entry !== undefined).map(deltaOf);
}

/** A single call, or calls by their numbers. */
function listedIn(said: Fields): readonly unknown[] {
  return 'function' in said || 'name' in said || 'arguments' in said ? [said] : Object.values(said);
}

function deltaOf(entry: unknown): ToolDelta | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const fields = entry as Fields;
  const called = fields['function'] ?? fields['function_call'] ?? fields['custom'] ?? fields;
  if (typeof called !== 'object' && typeof called !== 'string') return undefined;
  // Some servers send only the name in place of the function.
  const inner: Fields = typeof called === 'string' ? { ...fields, name: called } : (called as Fields);
  const id = idIn(fields['id'] ?? fields['call_id'] ?? fields['tool_call_id']);
  const name = inner['name'] ?? '';
  const own = argumentsIn(inner);
  const text = own === '' ? argumentsIn(fields) : own;
  if (typeof name !== 'string') return undefined;
  if (text === '' && (hasUnknownField(inner, KNOWN) || hasUnknownField(fields, KNOWN))) return undefined;
  return { index: indexIn(fields['index']), id, name: cleanText(name), text };
}

/** The arguments of a call, under any known name; '' for none, `undefined` where they may be under another one. */
export function argumentsOf(called: object): string | undefined {
  const text = argumentsIn(called as Fields);
  return text === '' && hasUnknownField(called, KNOWN) ? undefined : text;
}

function argumentsIn(called: Fields): string {
  return textOfArguments(firstNonEmpty(called, ARGUMENTS));
}

/** Arguments as JSON text; a value may be text already. '' for none. */
export function textOfArguments(said: unknown): string {
  if (said === undefined || said === null) return '';
  if (typeof said === 'string') return said;
  if (typeof said === 'object' && Object.keys(said).length === 0) return '';
  return JSON.stringify(cleanValue(said));
}

function idIn(said: unknown): string {
  if (typeof said === 'number') return String(said);
  return typeof said !== 'string' || /^(?:null|none|undefined)$/i.test(said) ? '' : cleanText(said);
}

function indexIn(said: unknown): number | undefined {
  const index = typeof said === 'string' && /^\d{1,6}$/.test(said) ? Number(said) : said;
  return typeof index === 'number' && Number.isSafeInteger(index) ? index : undefined;
}
