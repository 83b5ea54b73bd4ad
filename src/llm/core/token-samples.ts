/** UTF-16 code units that are counted without yielding: some milliseconds at most. */
const SAMPLE_CHARS = 2_000;
/** Samples of one text; the rest of a longer one is extrapolated from them. */
const MAX_SAMPLES = 16;
/** A blank that ends a sample is looked for within this many code units of its end. */
const BLANK_WITHIN = 100;

/** A tokenizer's work is quadratic in the length of a run of letters, of white space or of punctuation. */
const MAX_RUN_LENGTH = 64;
const LONG_RUNS = new RegExp(
  ['\\p{L}', '\\s', '[^\\s\\p{L}\\p{N}]'].map((kind) => `${kind}{${MAX_RUN_LENGTH},}`).join('|'),
  'gu',
);

/** The samples from which a text is counted: all of it, or as many as suffice, evenly spread over it. */
export function* samplesOf(text: string): Generator<string, void, undefined> {
  const gap = Math.max(0, text.length - MAX_SAMPLES * SAMPLE_CHARS) / MAX_SAMPLES;
  for (let start = 0; start < text.length;) {
    const end = endOf(text, start);
    yield text.slice(start, end);
    start = end + Math.floor(gap);
  }
}

/** After a blank if there is one nearby, since both halves of a cut word are counted. */
function endOf(text: string, start: number): number {
  const end = start + SAMPLE_CHARS;
  if (end >= text.length) return text.length;
  const blank = text.lastIndexOf(' ', end);
  return blank > end - BLANK_WITHIN ? blank : end;
}

/**
 * Splits a text so that no part has an overlong run; each cut costs a token at most. Joined, the parts are the text.
 */
export function* cutRuns(text: string): Generator<string, void, undefined> {
  let done = 0;
  for (const { 0: run, index } of text.matchAll(LONG_RUNS)) {
    if (index > done) yield text.slice(done, index);
    for (let at = 0; at < run.length; at += MAX_RUN_LENGTH) yield run.slice(at, at + MAX_RUN_LENGTH);
    done = index + run.length;
  }
  if (done < text.length) yield text.slice(done);
}
