import type { IncomingMessage } from 'node:http';
import { streamBound } from './body-bound.js';
import { EgressError, egressErrorOf } from './egress-error.js';
import { egressTarget, type EgressRules } from './egress-target.js';
import { openRequest, type OpenedRequest } from './guarded-request.js';

export interface EgressFetchOptions extends EgressRules {
  readonly userAgent: string;
  /** Bytes of a body, but for event streams. */
  readonly maxBytes: number;
  /** Bytes of one event of a stream of events, and of all of them. */
  readonly maxEventBytes: number;
  readonly maxStreamBytes: number;
  /** Until the headers of the answer are there, in milliseconds. */
  readonly headersMs: number;
  /** Certificates of authorities to trust instead of the usual ones; for tests. */
  readonly ca?: string | undefined;
}

/** As much of `fetch` as clients of other systems' protocols need. */
export type EgressFetch = (address: string | URL, init?: RequestInit) => Promise<Response>;

/** Statuses that a `Response` has without a body. */
const BODILESS = new Set([204, 205, 304]);

/**
 * A `fetch` for addresses that others name, under the same guard as {@link guardedFetch}: public addresses alone, the one
 * that was checked is connected to, and no connection is kept. Redirects are answers like others, for the caller to follow.
 * Bodies are bounded while they are read. Rejects with an {@link EgressError}, or with the signal's reason.
 */
export function egressFetch(options: EgressFetchOptions): EgressFetch {
  return async (address, init = {}) => {
    const controller = new AbortController();
    const late = new EgressError(
      'time',
      `The server did not answer within ${options.headersMs / 1_000} seconds.`,
      true,
    );
    const timer = setTimeout(() => controller.abort(late), options.headersMs);
    const outer = init.signal ?? undefined;
    const signal = outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal]);
    try {
      return await send(String(address), init, options, signal);
    } catch (error) {
      if (outer?.aborted === true) throw outer.reason;
      throw controller.signal.aborted ? late : error;
    } finally {
      clearTimeout(timer);
    }
  };
}

async function send(
  address: string,
  init: RequestInit,
  options: EgressFetchOptions,
  signal: AbortSignal,
): Promise<Response> {
  const target = await egressTarget(address, options, signal);
  const opened = openRequest(target, { ...requestOf(init, options), ca: options.ca }, signal);
  try {
    return responseOf(await opened.response, opened, options);
  } catch (error) {
    opened.close();
    const known = egressErrorOf(error);
    throw new EgressError(known.rule, known.message, opened.isConnected());
  }
}

function requestOf(init: RequestInit, { userAgent }: EgressFetchOptions) {
  const { method = 'GET', body } = init;
  const text = body instanceof URLSearchParams ? body.toString() : body;
  if (text !== undefined && text !== null && typeof text !== 'string')
    throw new TypeError('only text is sent');
  const headers = new Headers(init.headers);
  if (body instanceof URLSearchParams && !headers.has('content-type'))
    headers.set('content-type', 'application/x-www-form-urlencoded');
  headers.set('user-agent', userAgent);
  // What is not compressed does not unpack to more than it is.
  headers.set('accept-encoding', 'identity');
  const length = typeof text === 'string' ? { 'content-length': String(Buffer.byteLength(text)) } : {};
  return { method, body: text ?? undefined, headers: { ...Object.fromEntries(headers), ...length } };
}

function responseOf(answer: IncomingMessage, opened: OpenedRequest, options: EgressFetchOptions): Response {
  const status = answer.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity')
    throw new EgressError('encoding', 'The answer is compressed in a way that was not asked for.');
  if (status < 200 || status > 599)
    throw new EgressError('http', 'The server does not answer in proper HTTP.');
  const init = { status, statusText: answer.statusMessage ?? '', headers };
  if (BODILESS.has(status)) {
    opened.close();
    return new Response(null, init);
  }
  const isStream = (headers.get('content-type') ?? '').toLowerCase().startsWith('text/event-stream');
  const limits = isStream
    ? { maxBytes: options.maxStreamBytes, maxEventBytes: options.maxEventBytes }
    : { maxBytes: options.maxBytes };
  return new Response(ReadableStream.from(bodyOf(answer, opened, limits)), init);
}

/** The body piece by piece; whoever stops reading it closes the connection. */
async function* bodyOf(
  answer: IncomingMessage,
  opened: OpenedRequest,
  limits: Parameters<typeof streamBound>[0],
): AsyncGenerator<Uint8Array, void, undefined> {
  const check = streamBound(limits);
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      check(chunk);
      yield chunk;
    }
  } catch (error) {
    const known = egressErrorOf(error);
    throw new EgressError(known.rule, known.message, true);
  } finally {
    opened.close();
  }
}
