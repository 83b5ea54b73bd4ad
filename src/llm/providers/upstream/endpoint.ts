import type { HttpFetch } from './http-fetch.js';

/** An address as it is configured: what paths are appended to, and the query that goes with every request. */
export interface Endpoint {
  /** Without a slash at its end. */
  readonly base: string;
  /** With its `?`, or empty. */
  readonly search: string;
}

/** The parts of a configured address. Gateways carry a version of their API, or a key, behind the `?`. */
export function endpointOf(url: string): Endpoint {
  const { origin, pathname, search } = new URL(url);
  return { base: origin + pathname.replace(/\/+$/, ''), search };
}

/** A fetch that puts the query before that of each request, as it was written. */
export function withQuery(search: string, fetch: HttpFetch): HttpFetch {
  if (search.length <= 1) return fetch;
  return (input, init) => {
    const url = new URL(typeof input === 'object' && 'url' in input ? input.url : input);
    url.search = url.search.length <= 1 ? search : `${search}&${url.search.slice(1)}`;
    return fetch(url, init);
  };
}
