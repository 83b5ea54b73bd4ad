import type { HttpFetch } from './http-fetch.js';

/** A fetch that sends only headers of these names (in lower case): the SDKs add others from the environment. */
export function onlyHeaders(names: readonly string[], fetch: HttpFetch): HttpFetch {
  return (input, init) => {
    const sent = [...new Headers(init?.headers)].filter(([name]) => names.includes(name));
    return fetch(input, { ...init, headers: sent });
  };
}

/** The same headers with their names in lower case. */
export function inLowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
