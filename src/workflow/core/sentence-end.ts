import { isAbbreviation, needsNextWord } from './sentence-words.js';

/** What is known of a place where a sentence may end. */
export type Verdict =
  /** Not yet: what follows says. So many units belong to the sentence in any case. */
  | { readonly type: 'open'; readonly sure: number }
  /** The sentence goes on behind so many units. */
  | { readonly type: 'goes_on'; readonly length: number }
  /** The sentence ends with so many units. */
  | { readonly type: 'ends'; readonly length: number };

/** A place in a text. */
export interface Place {
  /** What is written before it, or the end of that. */
  readonly before: string;
  /** What is written before it in the same line, or the beginning of that. */
  readonly line: string;
  /** What is written from it on, as far as it is known. */
  readonly text: string;
  /** Whether nothing is written behind `text`. */
  readonly isWhole: boolean;
}

/** Characters that may end a sentence, in any script. */
export const TERMINATOR = String.raw`[\p{Sentence_Terminal}…]`;

const RUN = new RegExp(`^${TERMINATOR}{1,64}`, 'u');
/** What may stand behind the end of a sentence and belong to it; quotation marks and emphasis may as well begin what follows. */
const CLOSERS =
  /^(?:[\p{Pe}\p{Pf}\p{Pi}"'`*_~]|\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\uFE0F|\u200D){0,16}/u;
const MAY_OPEN = /[\p{Pi}"'`*_~]+$/u;
/** Where passages are cited, such as ` [1]`; a French quotation ends behind a narrow blank. */
const MARKERS = /^(?:[ \u00A0\u202F]?\[\d{1,3}\])+|^[\u00A0\u202F]»/u;
const BEGUN_MARKER =
  /^(?:[ \u00A0\u202F]?\[\d{1,3}\])*(?:[ \u00A0\u202F]?\[\d{0,3}|[ \u00A0\u202F]|(?<=\]))$/u;
const UNSPACED_SCRIPT = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const BLANK_LINE = /\n[^\S\n]*\n/;
/** What a line begins with that is more than running text: an item, a heading, a quotation, a block of code, a row. */
const BLOCK_MARK = /^[-+*•#>|`~\d]/u;
const LAST_WORD = /[\p{L}\p{M}\p{N}.'’\-§]*$/u;
const NEXT_WORD = /^\P{L}*(\p{L}[\p{L}\p{M}'’-]*)/u;
/** What comes before the text of an item in a list. */
const ITEM = /^[\s>]*(?:[-+*•]|[*_]*(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{2,5})[.)])[*_]*\s/u;
const NEXT_ITEM = /^(?:[-+*•]|\d{1,3}[.)])\s/u;
/** Perhaps an item, or a block of code: the next character says. */
const BEGUN_MARK = /^(?:[-+*•]|\d{1,3}[.)]?|[`~]{1,2})$/u;
const NUMBER_OF_ITEM = /^[\s>]*[*_]*(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{2,5})$/u;

/** So much is read ahead at most; a longer run of blanks, or of characters that are no letters, is decided as it stands. */
const MAX_BLANKS = 64;
const BLANKS = /^\s{0,64}/;
const MAX_AHEAD = 24;
const WINDOW = 40;

const LETTER_AHEAD = new RegExp(`^.*?(?:\\p{L}|\n|${TERMINATOR})`, 'su');
const WORD_AHEAD = new RegExp(
  `^[^\\p{L}]*?(?:${TERMINATOR}|\\p{L}[\\p{L}\\p{M}'’-]*(?=[^\\p{L}\\p{M}'’-]))`,
  'u',
);
const LAST_WORD_AHEAD = new RegExp(`^[^\\p{L}]*?(?:${TERMINATOR}|\\p{L}[\\p{L}\\p{M}'’-]*)`, 'u');

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Whether the sentence ends with the terminators at the place. */
export function endAt({ before, line, text, isWhole }: Place): Verdict {
  const run = RUN.exec(text)![0];
  const open: Verdict = { type: 'open', sure: run.length };
  const goesOn: Verdict = { type: 'goes_on', length: run.length };
  if (run.length === text.length && !isWhole) return open;
  const closers = closersOf(text.slice(run.length), isWhole);
  if (closers === undefined) return open;
  const length = run.length + closers.length;
  const ends: Verdict = { type: 'ends', length };
  const after = text.slice(length);
  const blanks = BLANKS.exec(after)![0];
  if (blanks.length === after.length && !isWhole) return open;
  const next = after.slice(blanks.length);
  if (blanks === '' && next !== '' && !mayAdjoin(run, closers, next)) return goesOn;
  if (run === '.' && NUMBER_OF_ITEM.test(line)) return goesOn;
  if (next === '' || BLANK_LINE.test(blanks) || blanks.length === MAX_BLANKS) return ends;
  const word = run === '.' && /^[*_]*$/.test(closers) ? LAST_WORD.exec(before)![0] : '';
  const ahead = aheadOf(next, isWhole, word !== '' && needsNextWord(word));
  if (ahead === undefined) return open;
  const nextWord = NEXT_WORD.exec(ahead)?.[1]?.toLowerCase() ?? '';
  if (word !== '' && isAbbreviation({ word, next: ahead, nextWord })) return goesOn;
  if (blanks.includes('\n') && BLOCK_MARK.test(next)) return ends;
  if (closers !== '' && /^\p{Ll}/u.test(next)) return goesOn;
  return breaks(before, run, closers, blanks, ahead) ? ends : goesOn;
}

/** `undefined` if more of the text would tell. */
function closersOf(text: string, isWhole: boolean): string | undefined {
  const run = CLOSERS.exec(text)![0];
  if (run.length === text.length && !isWhole) return undefined;
  const closers = /^[\p{L}\p{N}]/u.test(text.slice(run.length)) ? run.replace(MAY_OPEN, '') : run;
  if (closers !== run) return closers;
  const behind = text.slice(run.length);
  const markers = MARKERS.exec(behind)?.[0] ?? '';
  if (!isWhole && BEGUN_MARKER.test(behind)) return undefined;
  return closers + markers;
}

/** Whether a sentence may end with the run although no blank follows: an address or a version goes on there. */
function mayAdjoin(run: string, closers: string, next: string): boolean {
  const last = [...run].at(-1)!;
  if (!'.!?…'.includes(last)) return true;
  return UNSPACED_SCRIPT.test(next) || /\p{Extended_Pictographic}/u.test(closers);
}

/** What follows, up to what decides: a letter or the next terminator, or a whole word. `undefined` while that is not known. */
function aheadOf(next: string, isWhole: boolean, takesWord: boolean): string | undefined {
  const known = next.slice(0, MAX_AHEAD);
  const isAll = isWhole || known.length === MAX_AHEAD;
  const decided = takesWord ? (isAll ? LAST_WORD_AHEAD : WORD_AHEAD) : LETTER_AHEAD;
  return decided.exec(known)?.[0] ?? (isAll ? known : undefined);
}

/** Asks the rules of Unicode, with what they do not know written as what they do. */
function breaks(before: string, run: string, closers: string, blanks: string, ahead: string): boolean {
  const said = before.slice(-WINDOW).toWellFormed().replaceAll('\n', ' ');
  const head = `${said}${run.replaceAll('…', '.')}${')'.repeat(closers.length)}${blanks === '' ? '' : ' '}`;
  const window = head + ahead.toWellFormed().replaceAll('\n', ' ');
  return segmenter.segment(window).containing(head.length)?.index === head.length;
}

/** Whether a sentence ends with its line: it does where a paragraph, a heading or an item ends there. */
export function endAtLine({ before, line, text, isWhole }: Place): Verdict {
  const blanks = BLANKS.exec(text)![0];
  const next = text.slice(blanks.length);
  const open: Verdict = { type: 'open', sure: 0 };
  if (next === '' && !isWhole) return open;
  const ends: Verdict = { type: 'ends', length: 0 };
  const goesOn: Verdict = { type: 'goes_on', length: blanks.length };
  if (/^\s{0,3}#{1,6}\s/.test(line)) return ends;
  if (!BLANK_LINE.test(blanks)) return goesOn;
  if (/[:,;：，；、—–-][*_]*\s*$/u.test(before)) return goesOn;
  if (!isWhole && BEGUN_MARK.test(next)) return open;
  const isList = ITEM.test(line) && NEXT_ITEM.test(next);
  return isList || /^(?:`{3}|~{3})/.test(next) ? goesOn : ends;
}

/** Whether a sentence that a block of code belongs to ends with it. `text` begins with the line break behind the block. */
export function endAfterBlock({ text, isWhole }: Pick<Place, 'text' | 'isWhole'>): Verdict {
  const blanks = BLANKS.exec(text)![0];
  if (blanks.length === text.length && !isWhole) return { type: 'open', sure: 0 };
  const goesOn = !BLANK_LINE.test(blanks) && /^[\p{Ll},.;:)]/u.test(text.slice(blanks.length));
  return goesOn ? { type: 'goes_on', length: blanks.length } : { type: 'ends', length: 0 };
}
