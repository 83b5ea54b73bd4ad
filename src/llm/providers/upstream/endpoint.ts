import type { HttpFetch } from './http-fetch.js';

/** A configured address: the base for paths, and the query string of every request. */
export interface Endpoint {
  /** Without a slash at its end. */
  readonly base: string;
  /** With its `?`, or empty. */
  readonly search: string;
}

/** Splits a configured address. The query string of gateways has the version of their API, or a key. */
export function endpointOf(url: string): Endpoint {
  const { origin, pathname, search } = new URL(url);
  return { base: origin + pathname.replace(/\/+$/, ''), search };
}

/** A fetch that puts the configured query string, unchanged, before that of each request. */
export function withQuery(search: string, fetch: HttpFetch): HttpFetch {
  if (search.length <= 1) return fetch;
  return (input, init) =>
    fetch(queried(typeof input === 'object' && 'url' in input ? input.url : input, search), init);
}

/** An address with the configured query string before its own. */
export function queried(address: string | URL, search: string): URL {
  const url = new URL(address);
  if (search.length <= 1) return url;
  url.search = url.search.length <= 1 ? search : `${search}&${url.search.slice(1)}`;
  return url;
}
