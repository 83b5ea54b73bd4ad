/** Everything that the stand-in for search services can do wrong. */
export const SEARCH_FAULTS = [
  // Instead of an answer.
  'unauthorized',
  'rate_limit',
  'server_error',
  'bad_request',
  'plan',
  'hang',
  'cut_before_headers',
  'moved',
  'moved_away',
  'moved_forever',
  // In the middle of one.
  'stall',
  'cut',
  'malformed',
  'html',
  'endless',
  // A whole one, and yet no list of pages.
  'other_shape',
  'other_results',
  'empty',
  'silent_engines',
] as const;
export type SearchFault = (typeof SEARCH_FAULTS)[number];

/** How a search is answered. */
export interface SearchBehaviour {
  readonly fault?: SearchFault | undefined;
  /** How often one query meets the fault; always, when absent. */
  readonly times?: number;
  /** Seconds of a `rate_limit`. Brave says it in headers of its own; without it nobody says. */
  readonly retryAfter?: number;
}

/** Reads `[[fault=rate_limit times=1 retryAfter=2]]` out of a query; throws for a word that means nothing. */
export function markerIn(query: string): SearchBehaviour {
  const marker = /\[\[([^\]]*)\]\]/.exec(query)?.[1] ?? '';
  const pairs = marker.split(/\s+/).filter((pair) => pair !== '');
  return Object.assign({}, ...pairs.map(readPair)) as SearchBehaviour;
}

function readPair(pair: string): SearchBehaviour {
  const [key = '', value = ''] = pair.split('=');
  const fault = SEARCH_FAULTS.find((known) => known === value);
  if (key === 'fault' && fault !== undefined) return { fault };
  if ((key === 'times' || key === 'retryAfter') && /^\d+$/.test(value)) return { [key]: Number(value) };
  throw new Error(`the stand-in for searches knows no ${pair}`);
}
