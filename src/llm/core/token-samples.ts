/** UTF-16 code units that are counted at once: some milliseconds at most. */
const SAMPLE_CHARS = 2_000;
/** Samples of one text; the rest of a longer one is taken to be like them. */
const MOST_SAMPLES = 16;
/** A blank that ends a sample is looked for in so many code units at its end. */
const BLANK_WITHIN = 100;

/** A tokenizer's work is quadratic in the length of a run of letters, of blanks or of signs. */
const LONGEST_RUN = 64;
const LONG_RUNS = new RegExp(
  ['\\p{L}', '\\s', '[^\\s\\p{L}\\p{N}]'].map((kind) => `${kind}{${LONGEST_RUN},}`).join('|'),
  'gu',
);

/** The parts of a text that are counted for it: all of it, or as many as are enough, evenly spread over it. */
export function* samplesOf(text: string): Generator<string, void, undefined> {
  const gap = Math.max(0, text.length - MOST_SAMPLES * SAMPLE_CHARS) / MOST_SAMPLES;
  for (let start = 0; start < text.length;) {
    const end = endOf(text, start);
    yield text.slice(start, end);
    start = end + Math.floor(gap);
  }
}

/** After a blank, where there is one near by: a word that is cut counts twice. */
function endOf(text: string, start: number): number {
  const end = start + SAMPLE_CHARS;
  if (end >= text.length) return text.length;
  const blank = text.lastIndexOf(' ', end);
  return blank > end - BLANK_WITHIN ? blank : end;
}

/** A text in parts without overlong runs; a part more costs a token at most. Joined, they are the text. */
export function* cutRuns(text: string): Generator<string, void, undefined> {
  let done = 0;
  for (const { 0: run, index } of text.matchAll(LONG_RUNS)) {
    if (index > done) yield text.slice(done, index);
    for (let at = 0; at < run.length; at += LONGEST_RUN) yield run.slice(at, at + LONGEST_RUN);
    done = index + run.length;
  }
  if (done < text.length) yield text.slice(done);
}
