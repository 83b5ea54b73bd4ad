import { z } from 'zod';
import { endpointOf, entriesIn, type SearchEndpoint, type SearchWire } from './search-wire.js';

const TAVILY_URL = 'https://api.tavily.com';

const answerSchema = z.object({ results: z.array(z.unknown()) });

const resultSchema = z.object({
  url: z.string(),
  title: z.string().nullish(),
  content: z.string().nullish(),
  published_date: z.string().nullish(),
});

/**
 * Tavily's search, in the depth that costs least.
 *
 * @see https://docs.tavily.com/documentation/api-reference/endpoint/search
 */
export function tavily({ url = TAVILY_URL, apiKey = '' }: SearchEndpoint): SearchWire {
  const endpoint = endpointOf(url, '/search');
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    ...endpoint.headers,
    authorization: `Bearer ${apiKey}`,
  };
  return {
    request(query, maxResults) {
      const body = { query, max_results: maxResults, search_depth: 'basic' };
      return { url: endpoint.url, method: 'POST', headers, body: JSON.stringify(body) };
    },
    read(body) {
      const answer = answerSchema.safeParse(body).data;
      if (answer === undefined) return undefined;
      return {
        entries: entriesIn(answer.results, resultSchema, (result) => [result.content, result.published_date]),
        silentEngines: 0,
      };
    },
    reasonOf(status) {
      // 432: the plan's limit is reached. 433: the limit of paying as one goes.
      if (status === 402 || status === 432 || status === 433) return 'plan';
      return status === 401 || status === 403 ? 'key' : undefined;
    },
  };
}
