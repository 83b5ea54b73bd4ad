import { plainText } from './plain-text.js';
import type { FoundEntry } from './search-wire.js';

/** A page that a search found. All texts are what others wrote. */
export interface FoundPage {
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
  /** ISO 8601 UTC. */
  readonly publishedAt?: string;
}

export const MAX_TITLE = 200;
export const MAX_SNIPPET = 500;
/** Longer addresses are of no use to a model. */
export const MAX_URL = 1_000;

/** The first so many pages: plain texts, only of the web, each page once. */
export function foundPages(entries: readonly FoundEntry[], maxResults: number): FoundPage[] {
  const pages = new Map<string, FoundPage>();
  for (const entry of entries) {
    const url = webUrl(entry.url);
    if (url === undefined) continue;
    const key = identityOf(url);
    const known = pages.get(key);
    if (known === undefined && pages.size === maxResults) continue;
    const page = pageOf(entry, url);
    // What is said of the same page once more fills gaps only.
    pages.set(
      key,
      known === undefined ? page : { ...page, ...known, snippet: known.snippet || page.snippet },
    );
  }
  return [...pages.values()];
}

function pageOf({ title, snippet, published }: FoundEntry, url: URL): FoundPage {
  const publishedAt = published === undefined ? undefined : timeOf(published);
  return {
    title: plainText(title, MAX_TITLE) || url.hostname,
    url: url.href,
    snippet: plainText(snippet, MAX_SNIPPET),
    ...(publishedAt === undefined ? {} : { publishedAt }),
  };
}

function webUrl(text: string): URL | undefined {
  const url = text.length > MAX_URL ? null : URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.href.length > MAX_URL) return undefined;
  // A user name can look like the host.
  return url.username === '' && url.password === '' ? url : undefined;
}

const TRACKING = /^(?:utm_\w+|gclid|fbclid|msclkid)$/;

/** What two addresses of one page have in common. */
function identityOf(url: URL): string {
  const query = [...url.searchParams].filter(([name]) => !TRACKING.test(name)).toSorted();
  const host = url.host.replace(/^www\./, '');
  return `${host}${url.pathname.replace(/\/+$/, '')}?${new URLSearchParams(query).toString()}`;
}

const DATE = /^(?:\d{4}-\d{2}-\d{2}|[A-Z][a-z]{2}, \d{1,2} )/;
const TIME_WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ][\d:.]+$/;

function timeOf(text: string): string | undefined {
  if (text.length > 50 || !DATE.test(text)) return undefined;
  const time = Date.parse(TIME_WITHOUT_ZONE.test(text) ? `${text.replace(' ', 'T')}Z` : text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
