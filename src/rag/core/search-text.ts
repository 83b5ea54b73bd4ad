/**
 * The version of the terms that a document's passages were indexed with: it is raised when {@link searchText} changes,
 * so that older documents are reindexed in the background.
 */
export const INDEX_VERSION = 2;

/**
 * A text in two parts: the one that Postgres splits into words, and the one that is split here because its script has
 * no blanks.
 */
export interface SearchText {
  readonly words: string;
  /** Terms separated by blanks, repeated as often as they occur in the text. */
  readonly grams: string;
}

const LETTER = String.raw`[[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\p{scx=Yiii}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}\p{scx=Java}\p{scx=Bali}\p{scx=Lana}\p{scx=Talu}\p{scx=Tale}\p{scx=Tavt}\p{scx=Tang}\p{scx=Nshu}]&&[\p{L}\p{M}\p{N}]]`;
/** Letters of scripts that are written without blanks, and of Korean, whose words include particles. */
const RUN = new RegExp(`${LETTER}+`, 'gv');
/** A line break between two such letters does not end a word. */
const WRAPPED = new RegExp(`(?<=${LETTER})[^\\S\\n]*\\n[^\\S\\n]*(?=${LETTER})`, 'gv');
/** Soft hyphens, joiners and word separators are invisible, and ignored. */
const INVISIBLE = /[\u00ad\u200b-\u200d\u2060\ufeff]/g;
/** A text in ASCII is indexed the same way by every version. */
const NOT_ASCII = /[^\0-\x7f]/;

/**
 * The terms by which a passage is found. Width, case and composition make no difference. A run of letters without
 * blanks yields each of its letters, for queries of one letter, and each pair of neighbours: pairs need no dictionary,
 * and their number is linear in the text.
 */
export function searchText(text: string): SearchText {
  const grams: string[] = [];
  const words = cut(text, (run) => {
    grams.push(...run);
    for (let index = 1; index < run.length; index += 1) grams.push(run[index - 1]! + run[index]!);
  });
  return { words, grams: grams.join(' ') };
}

/** The terms of a query: the first distinct pairs up to the limit; a single letter counts only if it stands alone. */
export function queryText(text: string, limit: number): SearchText {
  const grams = new Set<string>();
  const words = cut(text, (run) => {
    if (run.length === 1) grams.add(run[0]!);
    for (let index = 1; index < run.length && grams.size < limit; index += 1) {
      grams.add(run[index - 1]! + run[index]!);
    }
  });
  return { words, grams: [...grams].slice(0, limit).join(' ') };
}

/** Whether the terms of a text may differ between {@link INDEX_VERSION} and an earlier version. */
export function needsReindexing(text: string): boolean {
  return NOT_ASCII.test(text);
}

/** The text without its runs, each of which is passed to `onRun` as code points. */
function cut(text: string, onRun: (run: readonly string[]) => void): string {
  return text
    .replace(INVISIBLE, '')
    .normalize('NFKC')
    .toLowerCase()
    .replace(WRAPPED, '')
    .replace(RUN, (run) => {
      onRun([...run]);
      return ' ';
    });
}
