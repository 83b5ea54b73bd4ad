const MAX_PASSAGE_LENGTH = 20_000;
const MAX_SENTENCE_LENGTH = 400;
const MAX_QUESTION_LENGTH = 4_000;

const sentenceSegmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
const wordSegmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** Words that carry no meaning of their own in a question. */
const STOP_WORDS = new Set(
  (
    'a about am an and any are as at be been but by can could did do does for from had has have how i if in into is it ' +
    'its me my no not of on or our please shall should so tell than that the their them then there these they this to ' +
    'us was we were what when where which who whom whose why will with would you your'
  ).split(' '),
);

/** The sentences of a text, each on one line; overlong ones are cut, and those without a word are left out. */
export function sentencesOf(text: string): string[] {
  // An empty line ends a sentence even without a full stop: headings and lists have none.
  return text
    .slice(0, MAX_PASSAGE_LENGTH)
    .split(/\n\s*\n|\n(?=\s*(?:[-*#•]|\d+[.)])\s)/)
    .flatMap((block) => [...sentenceSegmenter.segment(block.replace(/\s+/g, ' '))])
    .map(({ segment }) => shorten(segment.trim()))
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence));
}

/** The terms of a text: words in lower case without their most common endings, and without stop words. */
export function termsOf(text: string): string[] {
  const words = wordSegmenter.segment(text.slice(0, MAX_QUESTION_LENGTH).normalize('NFKC').toLowerCase());
  return [...words]
    .filter(({ isWordLike, segment }) => isWordLike === true && !STOP_WORDS.has(segment))
    .map(({ segment }) => stem(segment));
}

function stem(word: string): string {
  const stemmed = word.replace(/['’]s$/, '').replace(/(?<=[a-z]{3})(?:ing|ed|es|s)$/, '');
  return stemmed.replace(/(?<=[a-z]{3})e$/, '');
}

function shorten(sentence: string): string {
  if (sentence.length <= MAX_SENTENCE_LENGTH) return sentence;
  const cut = sentence.slice(0, MAX_SENTENCE_LENGTH).replace(/[\ud800-\udbff]$/, '');
  const space = cut.lastIndexOf(' ');
  return `${space > MAX_SENTENCE_LENGTH / 2 ? cut.slice(0, space) : cut} …`;
}
