import { newId } from '../../../kernel/index.js';
import { TextCleaner } from '../../core/clean-text.js';
import { TrimmedPieces } from './trimmed-pieces.js';

/** First pieces that say as much as no arguments: some servers write what they do not have. */
const NO_ARGUMENTS = ['null', '""', '[]'];
/** How often the arguments so far are tried whether they are whole: each costs their length. */
const MOST_TRIALS = 16;
const CLOSING_BRACE = 125;
const OPENING_BRACE = 123;

/** A tool call whose pieces are still coming. */
export class GrowingCall {
  /** The provider's id, clean; '' as long as there is none. */
  id: string;
  /** Whether its opening may have been that of the call behind it. */
  isDoubted = false;
  /** Its name as far as it was said. */
  private said: string;
  /** The id it is given out under, from its first piece on. */
  private given: string | undefined;
  private readonly cleaner = new TextCleaner();
  /** What was given out of its arguments. */
  private readonly texts: string[] = [];
  /** What may follow: spaces at their end, or all of it before the name is known. */
  private readonly rest = new TrimmedPieces();
  private size = 0;
  private trials = 0;

  constructor(
    /** The provider's number, which need not be its own. */
    readonly key: number,
    /** Its place among the answer's calls. */
    readonly place: number,
    opening: { readonly id: string; readonly name: string },
  ) {
    this.id = opening.id;
    this.said = opening.name;
  }

  get name(): string {
    return this.said;
  }

  /** Whether any of its arguments have come. */
  get hasArguments(): boolean {
    return this.size > 0;
  }

  /** Its arguments as far as they were given out. */
  get text(): string {
    return this.texts.join('');
  }

  /** The id it is given out under, once it is. */
  get givenId(): string | undefined {
    return this.given;
  }

  /** Takes a name said again: the same one, one that has grown, or what follows the piece before it. */
  nameGoesOn(piece: string): void {
    this.said = piece.startsWith(this.said) ? piece : this.said + piece;
  }

  append(text: string): void {
    const said = this.size === 0 ? firstOf(text) : text;
    this.size += said.length;
    this.rest.push(this.cleaner.push(said));
  }

  /** Whether `text` begins anew where the arguments are whole: JSON has no `}` before `{` outside its texts. */
  endsBefore(text: string): boolean {
    return text.charCodeAt(0) === OPENING_BRACE && this.isWhole();
  }

  /** Whether its arguments are JSON that nothing can follow. */
  isWhole(): boolean {
    const last = this.texts.at(-1);
    if (last === undefined || last.charCodeAt(last.length - 1) !== CLOSING_BRACE) return false;
    this.trials += 1;
    return this.trials <= MOST_TRIALS && isObject(this.text);
  }

  /** What can be given out now; `undefined` when that is nothing. `taken`: ids that are other calls'. */
  drain(taken: (id: string) => boolean): string | undefined {
    const isFirst = this.given === undefined;
    const text = this.rest.drain();
    if (text === '' && !isFirst) return undefined;
    this.given ??= this.id === '' || taken(this.id) ? `call_${newId()}` : this.id;
    this.texts.push(text);
    return text;
  }

  /** Its arguments, whole; an empty object where none were said. */
  end(): string {
    return this.text + this.cleaner.end() || '{}';
  }
}

/** Whether a text is JSON as the arguments of a call have to be: an object. */
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

/** The JSON that stands inside a JSON string, where a server put it into one twice. */
function unwrapped(text: string): string {
  if (!text.startsWith('"{')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
