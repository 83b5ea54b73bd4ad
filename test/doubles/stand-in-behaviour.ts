/** Everything the stand-in can do wrong. A number after the name is the token before which it happens. */
export const FAULTS = [
  // Instead of an answer.
  'rate_limit',
  'server_error',
  'unauthorized',
  'quota',
  'unknown_model',
  'bad_request',
  'context_length',
  'redirect',
  'hang',
  'hang_after_headers',
  'cut_before_headers',
  // In the middle of one.
  'stall',
  'cut',
  'malformed',
  'error_frame',
  'large_frame',
  'endless_frame',
  'only_comments',
  'comments_for_a_while',
  'tool_cut',
  // At its end.
  'empty',
  'content_filter',
  'length',
  'refusal',
  'no_finish',
  'no_done',
  'no_usage',
  'stall_before_usage',
  'cut_before_usage',
  'late_end',
  // In how it is cut into pieces.
  'split_utf8',
  'split_lines',
  'split_surrogate',
] as const;
export type Fault = (typeof FAULTS)[number];

/** How one request is answered. Times are in milliseconds. */
export interface Behaviour {
  readonly tokens: number;
  /** Pause before each token. */
  readonly delay: number;
  /** Tokens that go out in one write. */
  readonly perWrite: number;
  /** Tokens of reasoning that come first. */
  readonly reasoning: number;
  /** Tool calls at the end, in interleaved pieces. */
  readonly tools: number;
  /** What those calls are, where the message says so: `{{call NAME {…}}}` for each. */
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
  /** How often in one turn tools are called before the answer repeats what they gave. */
  readonly rounds: number;
  /** What is said, to the letter, in place of the usual words. */
  readonly say: string | undefined;
  readonly fault: Fault | undefined;
  /** Before which token the fault happens; for those in place of an answer, how often (0: always). */
  readonly at: number;
  /** Seconds in the `Retry-After` header of a `rate_limit`. */
  readonly retryAfter: number;
}

export const DEFAULT_BEHAVIOUR: Behaviour = {
  tokens: 20,
  delay: 0,
  perWrite: 1,
  reasoning: 0,
  tools: 0,
  calls: [],
  rounds: 1,
  say: undefined,
  fault: undefined,
  at: 0,
  retryAfter: 0,
};

const MOST_TOKENS = 1_000_000;

/**
 * Reads `[[tokens=2000 delay=5 fault=cut:50]]` out of a message, the last one where questions that were not answered stand
 * before it; throws for a word that means nothing.
 */
export function behaviourIn(message: string): Partial<Behaviour> | undefined {
  const marker = [...message.matchAll(/\[\[([^\]]*)\]\]/g)].at(-1)?.[1];
  const calls = [...message.matchAll(/\{\{call (\w+) (.*?)\}\}(?!\})/gs)].map(([, name = '', text = '']) => ({
    ...{ name, arguments: text },
  }));
  if (marker === undefined && calls.length === 0) return undefined;
  const pairs = (marker ?? '').split(/\s+/).filter((pair) => pair !== '');
  const wanted = calls.length === 0 ? {} : { calls, tools: calls.length, tokens: 0 };
  return Object.assign(wanted, ...pairs.map(readPair)) as Partial<Behaviour>;
}

function readPair(pair: string): Partial<Behaviour> {
  const [key = '', value = ''] = pair.split('=');
  if (key === 'fault') {
    const [name, at] = value.split(':');
    const fault = FAULTS.find((known) => known === name);
    if (fault === undefined) throw new Error(`the stand-in has no fault called ${name}`);
    return { fault, ...(at === undefined ? {} : { at: count(at) }) };
  }
  if (!['tokens', 'delay', 'perWrite', 'reasoning', 'tools', 'rounds', 'retryAfter'].includes(key)) {
    throw new Error(`the stand-in knows no ${key}`);
  }
  return { [key]: count(value) };
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= MOST_TOKENS) return value;
  throw new Error(`${text} is no number the stand-in takes`);
}

/** A request for fewer tokens gets fewer, and is told so. */
export function limited(behaviour: Behaviour, limit: number | undefined): Behaviour {
  if (limit === undefined || limit < 0 || limit >= behaviour.tokens) return behaviour;
  return { ...behaviour, tokens: limit, fault: behaviour.fault ?? 'length' };
}
