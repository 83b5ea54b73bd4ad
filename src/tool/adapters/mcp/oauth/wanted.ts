import type { Found } from './discover.js';
import type { Agreement, Grant } from './grant.js';
import { refusal } from './refusal.js';

const OFFLINE = 'offline_access';
/** Logins one after the other that ask for no more than the one before, within so long. */
const MAX_FRUITLESS = 1;
const SPAN_MS = 3_600_000;

/** What the server has said: to a request without a token that it takes, and to one with a token that is not enough. */
interface Challenged {
  readonly challenged: string | undefined;
  readonly beyond: string | undefined;
}

/**
 * What a login asks for: what the server has said it wants, together with what was agreed upon before, or what is usual there.
 * Throws an `AppError` where the person has agreed to all of that a moment ago, more than once.
 */
export function wantedOf(
  name: string,
  { scope: usual, metadata }: Found,
  before: Grant | undefined,
  { challenged, beyond }: Challenged,
): Pick<Agreement, 'scope' | 'fruitless' | 'since'> {
  const wanted = union(before?.scope, beyond, challenged) ?? usual;
  // Alone it would stand in place of what is usual there.
  const isLasting = wanted !== undefined && metadata?.scopes_supported?.includes(OFFLINE) === true;
  const scope = isLasting ? union(wanted, OFFLINE) : wanted;
  const hasGrown = before === undefined || isMore(scope, before.scope) || Date.now() - before.since > SPAN_MS;
  // Who has no token any more, or one that was refused as such, just logs in again.
  if (hasGrown || before.tokens === undefined || beyond === undefined)
    return { scope, fruitless: 0, since: Date.now() };
  if (before.fruitless >= MAX_FRUITLESS)
    throw refusal(name, 'it was given all that it asks for, and refuses the request nevertheless.');
  return { scope, fruitless: before.fruitless + 1, since: before.since };
}

/** All of them, each word once. */
function union(...scopes: readonly (string | undefined)[]): string | undefined {
  const words = new Set(scopes.flatMap((scope) => scope?.split(' ') ?? []).filter((word) => word !== ''));
  return words.size === 0 ? undefined : [...words].join(' ');
}

function isMore(scope: string | undefined, before: string | undefined): boolean {
  const known = new Set(before?.split(' '));
  return scope?.split(' ').some((word) => !known.has(word)) ?? false;
}
