import { yieldToEventLoop, type Passage } from '../../../kernel/index.js';
import { sentencesOf, termsOf } from './sentences.js';

/** A sentence of a passage, and the passage's marker. */
export interface Quote {
  readonly sentence: string;
  readonly marker: string;
}

interface Candidate extends Quote {
  readonly terms: ReadonlySet<string>;
}

const MAX_QUOTES = 3;
const MAX_PASSAGES = 50;
/** The weight of a term that an earlier quote already has: repeating it adds little. */
const KNOWN_TERM = 0.2;
/** A further quote must have at least this share of the first one's score. */
const WORTH_ADDING = 0.4;

/**
 * The one to three sentences that share most with the question; rare terms count more than those that every passage
 * has. If none shares a term, the beginning of the best passage; none without passages. Takes time in proportion to the
 * size of the texts, and yields to the event loop meanwhile.
 */
export async function pickQuotes(question: string, passages: readonly Passage[]): Promise<Quote[]> {
  const candidates: (readonly Candidate[])[] = [];
  for (const passage of passages.slice(0, MAX_PASSAGES)) {
    if (candidates.length > 0) await yieldToEventLoop();
    candidates.push(candidatesOf(passage));
  }
  const weights = weigh(new Set(termsOf(question)), candidates);
  const picked = pickFrom(candidates.flat(), weights);
  const first = candidates.flat()[0];
  return picked.length > 0 || first === undefined ? picked : [quoteOf(first)];
}

function pickFrom(candidates: readonly Candidate[], weights: Map<string, number>): Quote[] {
  const left = new Set(candidates);
  const picked: Quote[] = [];
  let enough = 0;
  while (picked.length < MAX_QUOTES) {
    const best = bestOf(left, weights);
    if (best === undefined || best.score <= enough) break;
    if (picked.length === 0) enough = best.score * WORTH_ADDING;
    picked.push(quoteOf(best.candidate));
    left.delete(best.candidate);
    for (const term of best.candidate.terms) {
      const weight = weights.get(term);
      if (weight !== undefined) weights.set(term, weight * KNOWN_TERM);
    }
  }
  return picked;
}

/**
 * The first of the candidates with the best score. A long sentence has more terms by chance, so the score is divided by
 * its length.
 */
function bestOf(candidates: Iterable<Candidate>, weights: ReadonlyMap<string, number>) {
  let best: { readonly candidate: Candidate; readonly score: number } | undefined;
  for (const candidate of candidates) {
    let sum = 0;
    for (const term of candidate.terms) sum += weights.get(term) ?? 0;
    const score = sum / Math.sqrt(1 + candidate.terms.size / 20);
    if (score > (best?.score ?? 0)) best = { candidate, score };
  }
  return best;
}

/** The inverse passage frequency of each term of the question. */
function weigh(terms: ReadonlySet<string>, passages: readonly (readonly Candidate[])[]): Map<string, number> {
  const having = new Map<string, number>();
  for (const candidates of passages) {
    for (const term of new Set(candidates.flatMap((candidate) => [...candidate.terms])))
      if (terms.has(term)) having.set(term, (having.get(term) ?? 0) + 1);
  }
  const weights = new Map<string, number>();
  for (const [term, count] of having)
    weights.set(term, Math.log(1 + (passages.length - count + 0.5) / (count + 0.5)));
  return weights;
}

function candidatesOf({ content, marker }: Passage): Candidate[] {
  return sentencesOf(content).map((sentence) => ({ sentence, marker, terms: new Set(termsOf(sentence)) }));
}

function quoteOf({ sentence, marker }: Candidate): Quote {
  return { sentence, marker };
}
