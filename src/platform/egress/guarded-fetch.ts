import type { IncomingMessage } from 'node:http';
import { EgressError, egressErrorOf } from './egress-error.js';
import { egressTarget, type EgressRules, type EgressTarget } from './egress-target.js';
import { openRequest } from './guarded-request.js';
import { readBody } from './read-body.js';

export interface GuardedFetchOptions extends EgressRules {
  /** The media types that are taken, such as `text/*`; an answer of another one is refused before its body is read. */
  readonly accept: readonly string[];
  /** Bytes of a body, compressed or not. */
  readonly maxBytes: number;
  /** What becomes of a body that is larger; refused by default. */
  readonly whenLarger?: 'refuse' | 'cut' | undefined;
  /** For everything: names, redirects and the body. */
  readonly timeoutMs: number;
  readonly maxRedirects: number;
  readonly userAgent: string;
  /** Further headers, for the first origin alone: they end with a redirect to another one. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Certificates of authorities to trust instead of the usual ones; for tests. */
  readonly ca?: string | undefined;
  /** Asked before each request, redirects included, when the address has been checked; refuses by throwing. */
  readonly beforeRequest?: ((url: URL, signal: AbortSignal) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a server said. */
export interface GuardedAnswer {
  /** Where the last redirect led. */
  readonly url: string;
  readonly status: number;
  /** Lower case, without parameters; empty where the server named none. */
  readonly mediaType: string;
  /** As it was sent, such as `text/html; charset=utf-8`. */
  readonly contentType: string;
  readonly lastModified: Date | undefined;
  /** Of a 2xx answer; empty for others. */
  readonly body: Buffer;
  readonly wasCut: boolean;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Gets an http or https address that a user or a model names. Each name is resolved once, every address it has must be
 * public, and it is one of these that is connected to; redirects pass the same checks. No cookie, no credential and no
 * connection is kept. Throws an {@link EgressError} that says which rule was broken, and the signal's reason when that
 * aborts, with the socket closed.
 */
export async function guardedFetch(address: string, options: GuardedFetchOptions): Promise<GuardedAnswer> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]);
  try {
    return await follow(address, options, signal);
  } catch (error) {
    if (options.signal?.aborted === true) throw options.signal.reason;
    if (deadline.aborted) {
      throw new EgressError('time', `The server did not answer within ${options.timeoutMs / 1_000} seconds.`);
    }
    throw error;
  }
}

async function follow(
  address: string,
  options: GuardedFetchOptions,
  signal: AbortSignal,
): Promise<GuardedAnswer> {
  let next = address;
  let headers = options.headers;
  for (let redirects = 0; redirects <= options.maxRedirects; redirects += 1) {
    const target = await egressTarget(next, options, signal);
    await options.beforeRequest?.(target.url, signal);
    const answer = await request(target, { ...options, headers }, signal);
    if (!(answer instanceof URL)) return answer;
    if (answer.origin !== target.url.origin) headers = undefined;
    // The fragment of what was asked for holds on, unless the redirect has one of its own.
    if (answer.hash === '') answer.hash = target.url.hash;
    next = answer.href;
  }
  throw new EgressError('redirects', `The server redirects more than ${options.maxRedirects} times.`);
}

/** The answer, or where it redirects to. */
async function request(
  target: EgressTarget,
  options: GuardedFetchOptions,
  signal: AbortSignal,
): Promise<GuardedAnswer | URL> {
  const headers = {
    ...options.headers,
    accept: options.accept.join(', '),
    'accept-encoding': 'gzip, br',
    'user-agent': options.userAgent,
  };
  const opened = openRequest(target, { headers, ca: options.ca }, signal);
  try {
    const response = await opened.response;
    const location = redirectOf(response, target.url);
    return location ?? (await answerOf(response, target.url, options, signal));
  } catch (error) {
    throw egressErrorOf(error);
  } finally {
    opened.close();
  }
}

function redirectOf({ statusCode = 0, headers }: IncomingMessage, base: URL): URL | undefined {
  if (!REDIRECTS.has(statusCode) || headers.location === undefined) return undefined;
  if (!URL.canParse(headers.location, base)) {
    throw new EgressError('redirects', 'The server redirects to an address that is malformed.');
  }
  return new URL(headers.location, base);
}

async function answerOf(
  response: IncomingMessage,
  url: URL,
  { accept, maxBytes, whenLarger = 'refuse' }: GuardedFetchOptions,
  signal: AbortSignal,
): Promise<GuardedAnswer> {
  const { statusCode: status = 0, headers } = response;
  const contentType = headers['content-type'] ?? '';
  const mediaType = /^[\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,96}/.exec(contentType)?.[0].toLowerCase() ?? '';
  const isSuccess = status >= 200 && status < 300;
  if (isSuccess && mediaType !== '' && !accept.some((type) => matches(mediaType, type))) {
    throw new EgressError('type', `The address leads to ${mediaType}, which cannot be read here.`);
  }
  const read = isSuccess ? await readBody(response, { maxBytes, whenLarger }, signal) : NO_BODY;
  const lastModified = new Date(headers['last-modified'] ?? Number.NaN);
  return {
    url: url.href,
    status,
    mediaType,
    contentType,
    lastModified: Number.isNaN(lastModified.getTime()) ? undefined : lastModified,
    ...read,
  };
}

const NO_BODY = { body: Buffer.alloc(0), wasCut: false };

function matches(mediaType: string, accepted: string): boolean {
  if (accepted === '*/*') return true;
  return accepted.endsWith('/*') ? mediaType.startsWith(accepted.slice(0, -1)) : mediaType === accepted;
}
