import { newId } from '../../../kernel/index.js';
import { TextCleaner } from '../../core/clean-text.js';
import { TrimmedPieces } from './trimmed-pieces.js';

/** First pieces that mean no arguments. */
const NO_ARGUMENTS = ['null', '""', '[]'];
/** How often the arguments so far are parsed to see whether they are complete: each attempt costs their length. */
const MAX_PARSES = 16;
const CLOSING_BRACE = 125;
const OPENING_BRACE = 123;

/** A tool call whose pieces are still arriving. */
export class GrowingCall {
  /** The provider's id, cleaned; '' as long as there is none. */
  id: string;
  /** Whether its first piece may have belonged to the next call. */
  isTentative = false;
  /** Its name so far. */
  private said: string;
  /** The id under which it is emitted, from its first piece on. */
  private given: string | undefined;
  private readonly cleaner = new TextCleaner();
  /** The arguments that were emitted. */
  private readonly texts: string[] = [];
  /** Arguments that may still be emitted: trailing spaces, or all of them before the name is known. */
  private readonly rest = new TrimmedPieces();
  private size = 0;
  private trials = 0;

  constructor(
    /** The provider's number, which several calls may share. */
    readonly key: number,
    /** Its index among the answer's calls. */
    readonly place: number,
    opening: { readonly id: string; readonly name: string },
  ) {
    this.id = opening.id;
    this.said = opening.name;
  }

  get name(): string {
    return this.said;
  }

  /** Whether any arguments have arrived. */
  get hasArguments(): boolean {
    return this.size > 0;
  }

  /** The arguments that were emitted. */
  get text(): string {
    return this.texts.join('');
  }

  /** The id under which it is emitted, once it is. */
  get givenId(): string | undefined {
    return this.given;
  }

  /** Merges a name that is sent again: repeated, extended, or continued. */
  extendName(piece: string): void {
    this.said = piece.startsWith(this.said) ? piece : this.said + piece;
  }

  append(text: string): void {
    const said = this.size === 0 ? firstOf(text) : text;
    this.size += said.length;
    this.rest.push(this.cleaner.push(said));
  }

  /** Whether `text` starts anew after complete arguments: JSON has no `}` before `{` outside of strings. */
  endsBefore(text: string): boolean {
    return text.charCodeAt(0) === OPENING_BRACE && this.isWhole();
  }

  /** Whether its arguments are complete JSON. */
  isWhole(): boolean {
    const last = this.texts.at(-1);
    if (last === undefined || last.charCodeAt(last.length - 1) !== CLOSING_BRACE) return false;
    this.trials += 1;
    return this.trials <= MAX_PARSES && isObject(this.text);
  }

  /**
   * The arguments that can be emitted now; `undefined` when there are none. `isIdUsed`: whether another call has an id.
   */
  drain(taken: (id: string) => boolean): string | undefined {
    const isFirst = this.given === undefined;
    const text = this.rest.drain();
    if (text === '' && !isFirst) return undefined;
    this.given ??= this.id === '' || taken(this.id) ? `call_${newId()}` : this.id;
    this.texts.push(text);
    return text;
  }

  /** Its arguments, whole; an empty object if there were none. */
  end(): string {
    return this.text + this.cleaner.end() || '{}';
  }
}

/** Whether a text is JSON of an object, as the arguments of a call must be. */
export function isObject(text: string): boolean {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function firstOf(text: string): string {
  if (text.charCodeAt(0) === OPENING_BRACE) return text;
  return NO_ARGUMENTS.includes(text) ? '' : unwrapped(text);
}

/** The JSON inside a JSON string, from servers that encode it twice. */
function unwrapped(text: string): string {
  if (!text.startsWith('"{')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
