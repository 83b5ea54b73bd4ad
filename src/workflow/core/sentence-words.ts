/** Words, in lower case and without their last dot, that no sentence ends with: something always follows them. */
const NEVER_LAST = new Set(
  [
    'dr mr mrs ms prof rev hon gen col capt cmdr lt sgt maj sen rep gov pres messrs mx',
    'e.g i.e cf vs viz ca approx resp incl excl esp',
    'z.b d.h u.a bzw vgl evtl ggf sog hr fr frl dipl ing',
    'p.ex c.-à-d mme mlle',
    'sra srta dña ud uds dra',
    'св г-н г-жа им проф',
  ].flatMap((line) => line.split(' ')),
);

/** Words that belong to the number behind them; without one they end a sentence like others. */
const BEFORE_NUMBERS = new Set(
  'no nos nr fig figs eq sec sect ch chap vol vols p pp art abs abb kap tab par § ver v str стр рис гл'.split(
    ' ',
  ),
);

/** What a German ordinal, such as `3.`, stands before. */
const AFTER_ORDINALS = new Set(
  [
    'januar jänner februar märz april mai juni juli august september oktober november dezember',
    'jahrhundert jahrhunderts quartal klasse platz stock kapitel geburtstag auflage tag woche',
  ].flatMap((line) => line.split(' ')),
);

/** Words with which sentences begin, and names do not. */
const STARTERS = new Set(
  [
    'the a an this that these those it its he she they we you i there here',
    'and but or so then now in on at for from with by as if when while after before because however also',
    'what why how who where which do does did is are was were can could will would should have has please let',
    'no yes not my your our their his her to of both each all some most many one two next first finally thus',
    'der die das es er sie wir ich ein eine und aber dann wenn ist sind hier diese dieser dieses',
    'le la les il elle nous vous un une et mais el los las una y pero',
  ].flatMap((line) => line.split(' ')),
);

/** A letter for a name, or several, such as `J.` or `U.S.`: more often than not something follows. */
const INITIALS = /^(?!I$)\p{Lu}(\.\s?\p{Lu})*$/u;

/** `I` is a word, too. */
const ROMAN = /^(?!I\b)[IVXLCM]+\b/;

/** A word with a dot behind it, and what is written next. */
export interface DottedWord {
  readonly word: string;
  /** From its first visible character on. */
  readonly next: string;
  /** The first word of it, in lower case. */
  readonly nextWord: string;
}

/** Whether the word is one after which it takes the next one, as a whole, to know what its dot means. */
export function needsNextWord(word: string): boolean {
  return INITIALS.test(word) || isShortNumber(word) || BEFORE_NUMBERS.has(word.toLowerCase());
}

/** Whether the dot belongs to the word, and ends no sentence. */
export function isAbbreviation({ word, next, nextWord }: DottedWord): boolean {
  const lower = word.toLowerCase();
  if (NEVER_LAST.has(lower)) return true;
  if (BEFORE_NUMBERS.has(lower) && (/^\p{N}/u.test(next) || ROMAN.test(next))) return true;
  if (INITIALS.test(word)) return !STARTERS.has(nextWord);
  return isShortNumber(word) && AFTER_ORDINALS.has(nextWord);
}

function isShortNumber(word: string): boolean {
  return /^\d{1,2}$/.test(word);
}
