import { z } from 'zod';
import { endpointOf, entriesIn, type SearchEndpoint, type SearchWire } from './search-wire.js';

const BRAVE_URL = 'https://api.search.brave.com';
/** Longer queries are refused. */
const MAX_WORDS = 50;

/** `web` is absent where no page was found. */
const answerSchema = z.object({
  type: z.literal('search'),
  web: z.object({ results: z.array(z.unknown()) }).nullish(),
});

const resultSchema = z.object({
  url: z.string(),
  title: z.string().nullish(),
  description: z.string().nullish(),
  page_age: z.string().nullish(),
});

/**
 * Brave's web search.
 *
 * @see https://api-dashboard.search.brave.com/api-reference/web/search/get
 */
export function brave({ url = BRAVE_URL, apiKey = '' }: SearchEndpoint): SearchWire {
  const endpoint = endpointOf(url, '/res/v1/web/search');
  const headers = { accept: 'application/json', ...endpoint.headers, 'x-subscription-token': apiKey };
  return {
    request(query, maxResults) {
      const address = new URL(endpoint.url);
      address.searchParams.set('q', query.trim().split(/\s+/).slice(0, MAX_WORDS).join(' '));
      address.searchParams.set('count', String(maxResults));
      address.searchParams.set('result_filter', 'web');
      address.searchParams.set('text_decorations', 'false');
      return { url: address, method: 'GET', headers };
    },
    read(body) {
      const answer = answerSchema.safeParse(body).data;
      if (answer === undefined) return undefined;
      return {
        entries: entriesIn(answer.web?.results ?? [], resultSchema, (result) => [
          result.description,
          result.page_age,
        ]),
        silentEngines: 0,
      };
    },
    reasonOf(status, body) {
      if (status === 402) return 'plan';
      // A wrong key is one of several things that it answers 422 for.
      return status === 401 || status === 403 || body.includes('SUBSCRIPTION_TOKEN_INVALID')
        ? 'key'
        : undefined;
    },
    secondsUntilReset,
  };
}

/** `X-RateLimit-Remaining: 0, 1000` and `X-RateLimit-Reset: 1, 1419704`: the windows of a plan, in the same order. */
function secondsUntilReset(headers: Headers): number | undefined {
  const remaining = numbersIn(headers.get('x-ratelimit-remaining'));
  const reset = numbersIn(headers.get('x-ratelimit-reset'));
  const waits = reset.filter((seconds, window) => remaining[window] === 0 && seconds >= 0);
  return waits.length === 0 ? undefined : Math.max(...waits);
}

const MAX_WINDOWS = 10;

function numbersIn(header: string | null): number[] {
  return (header ?? '').split(',', MAX_WINDOWS).map((number) => Number.parseInt(number, 10));
}
