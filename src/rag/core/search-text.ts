/**
 * Which way of making terms a document's passages were indexed with: raised when {@link searchText} changes, so that
 * what was put in before is indexed again in the background.
 */
export const INDEX_VERSION = 2;

/** A text in two parts: what Postgres cuts into words, and what is cut here because its script sets no blanks. */
export interface SearchText {
  readonly words: string;
  /** Terms with a blank between them, repeated as often as they stand in the text. */
  readonly grams: string;
}

const LETTER = String.raw`[[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\p{scx=Yiii}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}\p{scx=Java}\p{scx=Bali}\p{scx=Lana}\p{scx=Talu}\p{scx=Tale}\p{scx=Tavt}\p{scx=Tang}\p{scx=Nshu}]&&[\p{L}\p{M}\p{N}]]`;
/** Letters of scripts that are written without blanks, and of Korean, whose words carry their particles with them. */
const RUN = new RegExp(`${LETTER}+`, 'gv');
/** The end of a line that stands between two such letters is no end of a word. */
const WRAPPED = new RegExp(`(?<=${LETTER})[^\\S\\n]*\\n[^\\S\\n]*(?=${LETTER})`, 'gv');
/** Soft hyphens, joiners and word separators: seen by nobody, and by no search. */
const INVISIBLE = /[\u00ad\u200b-\u200d\u2060\ufeff]/g;
/** A text without any of these is indexed the same way by every version. */
const NOT_ASCII = /[^\0-\x7f]/;

/**
 * What a passage is found by. Width, case and composition make no difference. A run of letters without blanks
 * gives each of its letters, for questions of one letter, and each pair of neighbours: pairs need no dictionary, and
 * their number grows with the text and no faster.
 */
export function searchText(text: string): SearchText {
  const grams: string[] = [];
  const words = cut(text, (run) => {
    grams.push(...run);
    for (let index = 1; index < run.length; index += 1) grams.push(run[index - 1]! + run[index]!);
  });
  return { words, grams: grams.join(' ') };
}

/** What a question asks for, each pair once and the first so many of them; a letter counts by itself only where it stands alone. */
export function askedText(text: string, limit: number): SearchText {
  const grams = new Set<string>();
  const words = cut(text, (run) => {
    if (run.length === 1) grams.add(run[0]!);
    for (let index = 1; index < run.length && grams.size < limit; index += 1) {
      grams.add(run[index - 1]! + run[index]!);
    }
  });
  return { words, grams: [...grams].slice(0, limit).join(' ') };
}

/** Whether a text of before {@link INDEX_VERSION} may have been indexed otherwise than it is now. */
export function isIndexedAnew(text: string): boolean {
  return NOT_ASCII.test(text);
}

/** The text with its runs taken out, each of them given away as code points. */
function cut(text: string, take: (run: readonly string[]) => void): string {
  return text
    .replace(INVISIBLE, '')
    .normalize('NFKC')
    .toLowerCase()
    .replace(WRAPPED, '')
    .replace(RUN, (run) => {
      take([...run]);
      return ' ';
    });
}
