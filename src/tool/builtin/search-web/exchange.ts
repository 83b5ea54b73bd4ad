import * as errors from './search-errors.js';
import type { SearchRequest } from './search-wire.js';

const MAX_BYTES = 2_097_152;
const MAX_ERROR_BYTES = 4_096;
const MAX_REDIRECTS = 3;

/** A service's answer; of one with an error status only the beginning. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Sends a request, and takes in its whole answer. Rejects with the signal's reason when that aborts, with the connection
 * closed, and with an error of the catalogue when nothing could be read. Redirects within the service's origin are
 * followed for a GET: nothing else, since keys go with it.
 */
export async function exchange(request: SearchRequest, signal: AbortSignal): Promise<Reply> {
  let url = request.url;
  for (let redirects = 0; ; redirects += 1) {
    const response = await headersOf({ ...request, url }, signal);
    if (response.status < 300 || response.status > 399) return replyOf(response, signal);
    // Nobody is waiting for what is in it.
    await response.body?.cancel().catch(() => undefined);
    const target = targetOf(response, url);
    if (request.method !== 'GET' || target === undefined || redirects === MAX_REDIRECTS) {
      throw errors.moved(response.status);
    }
    url = target;
  }
}

async function headersOf({ url, ...init }: SearchRequest, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal, redirect: 'manual' });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw errors.unavailable(error);
  }
}

function targetOf({ headers }: Response, from: URL): URL | undefined {
  const target = URL.parse(headers.get('location') ?? '', from);
  return target?.origin === from.origin && target.username === '' ? target : undefined;
}

async function replyOf(response: Response, signal: AbortSignal): Promise<Reply> {
  const { status, headers } = response;
  if (status === 200) return { status, headers, text: await textOf(response, signal) };
  if (status === 429 || status >= 500) {
    await response.body?.cancel().catch(() => undefined);
    return { status, headers, text: '' };
  }
  return { status, headers, text: await beginningOf(response, signal) };
}

async function textOf({ body }: Response, signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      bytes += (chunk as Uint8Array).length;
      if (bytes > MAX_BYTES) break;
      text += decoder.decode(chunk as Uint8Array, { stream: true });
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw errors.unreadable('broke off', error);
  }
  if (bytes > MAX_BYTES) throw errors.unreadable('is larger than can be read');
  return text + decoder.decode();
}

/** Of an error's body: what it begins with, if it comes at all. */
async function beginningOf({ body }: Response, signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.length > MAX_ERROR_BYTES) break;
    }
  } catch {
    if (signal.aborted) throw signal.reason;
  }
  return text.slice(0, MAX_ERROR_BYTES);
}

const MAX_WAIT_SECONDS = 86_400;

/** Whole seconds of a `Retry-After` header, which has seconds or a date; `undefined` without a sane one. */
export function retryAfter(headers: Headers, now = Date.now()): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1_000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 0), MAX_WAIT_SECONDS) : undefined;
}
