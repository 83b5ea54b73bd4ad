import { yieldToEventLoop, type Passage } from '../../../kernel/index.js';
import { sentencesOf, termsOf } from './sentences.js';

/** A sentence as it stands in a passage, and the marker that points at it. */
export interface Quote {
  readonly sentence: string;
  readonly marker: string;
}

interface Candidate extends Quote {
  readonly terms: ReadonlySet<string>;
}

const MOST_QUOTES = 3;
const MOST_PASSAGES = 50;
/** What a term still counts once a quote has it: saying it again tells little. */
const KNOWN_TERM = 0.2;
/** A further quote has to be this good in comparison with the first. */
const WORTH_ADDING = 0.4;

/**
 * The one to three sentences that share most with the question, rare terms counting more than those that every passage
 * has. Where none shares anything, the beginning of the best passage; none without passages. Takes time in proportion to
 * the texts' size, and gives others their turn meanwhile.
 */
export async function pickQuotes(question: string, passages: readonly Passage[]): Promise<Quote[]> {
  const candidates: (readonly Candidate[])[] = [];
  for (const passage of passages.slice(0, MOST_PASSAGES)) {
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
  while (picked.length < MOST_QUOTES) {
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

/** The first of those that score best. A long sentence has more terms by chance, so its length counts against it. */
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

/** The inverse passage frequency of each of the question's terms. */
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
