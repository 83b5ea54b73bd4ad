import { z } from 'zod';
import { endpointOf, entriesIn, type SearchEndpoint, type SearchWire } from './search-wire.js';

const answerSchema = z.object({
  results: z.array(z.unknown()),
  unresponsive_engines: z.array(z.unknown()).nullish(),
});

const resultSchema = z.object({
  url: z.string(),
  title: z.string().nullish(),
  content: z.string().nullish(),
  publishedDate: z.string().nullish(),
});

/**
 * SearXNG's own interface. It has no number of results: a page has what its engines gave.
 *
 * @see https://docs.searxng.org/dev/search_api.html
 */
export function searxng({ url = '', apiKey }: SearchEndpoint): SearchWire {
  const endpoint = endpointOf(url, '/search');
  const headers = {
    accept: 'application/json',
    ...endpoint.headers,
    // SearXNG has no keys; what stands before it may.
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
  return {
    request(query) {
      const address = new URL(endpoint.url);
      address.searchParams.set('q', query);
      address.searchParams.set('format', 'json');
      return { url: address, method: 'GET', headers };
    },
    read(body) {
      const answer = answerSchema.safeParse(body).data;
      if (answer === undefined) return undefined;
      return {
        entries: entriesIn(answer.results, resultSchema, (result) => [result.content, result.publishedDate]),
        silentEngines: answer.unresponsive_engines?.length ?? 0,
      };
    },
    reasonOf(status) {
      if (status === 401) return 'key';
      // What it answers for a format that its settings do not list.
      return status === 403 ? 'format' : undefined;
    },
  };
}
