import type { z } from 'zod';

/** What is sent for one search. */
export interface SearchRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A result as a service describes it: the texts may have markup in them, and the address may be of any kind. */
export interface FoundEntry {
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
  readonly published?: string | undefined;
}

/** An answer with the success status, read. */
export interface SearchAnswer {
  /** In order of rank; `undefined` for one that could not be read. */
  readonly entries: readonly (FoundEntry | undefined)[];
  /** Engines behind the service that did not answer it. */
  readonly silentEngines: number;
}

/** Why a service did not answer, where its wire says more than the status. */
export type RefusalReason = 'key' | 'plan' | 'format';

/** How one kind of search service is asked and read: no I/O. */
export interface SearchWire {
  request(query: string, maxResults: number): SearchRequest;
  /** `undefined`: the body has no known shape. */
  read(body: unknown): SearchAnswer | undefined;
  /** What an error status and its body mean. */
  reasonOf(status: number, body: string): RefusalReason | undefined;
  /** Seconds after which a limit that was met lets requests through again, where headers of its own say so. */
  secondsUntilReset?(headers: Headers): number | undefined;
}

/** Where a service is and who asks. */
export interface SearchEndpoint {
  readonly url?: string | undefined;
  readonly apiKey?: string | undefined;
}

/** The most that is looked at of one answer; services return twenty or so. */
const MAX_ENTRIES = 100;

/** What a service calls its results' texts; they may be absent. */
interface NamedResult {
  readonly url: string;
  readonly title?: string | null | undefined;
}

/** The results of an answer, each as its service describes it: those texts that all of them call the same, and the others. */
export function entriesIn<Result extends NamedResult>(
  results: readonly unknown[],
  schema: z.ZodType<Result>,
  textsOf: (
    result: Result,
  ) => readonly [snippet: string | null | undefined, published: string | null | undefined],
): readonly (FoundEntry | undefined)[] {
  return results.slice(0, MAX_ENTRIES).map((entry) => {
    const result = schema.safeParse(entry).data;
    if (result === undefined) return undefined;
    const [snippet, published] = textsOf(result);
    const { url, title } = result;
    return { url, title: title ?? '', snippet: snippet ?? '', published: published ?? undefined };
  });
}

/**
 * The address of a service with the path of its searches, unless that stands there already, and the headers that its
 * user name and password are sent in: a request takes no address with them.
 */
export function endpointOf(address: string, path: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(address);
  const base = url.pathname.replace(/\/+$/, '');
  url.pathname = base.endsWith(path) ? base : base + path;
  url.hash = '';
  const { username, password } = url;
  url.username = '';
  url.password = '';
  if (username === '' && password === '') return { url, headers: {} };
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } };
}
