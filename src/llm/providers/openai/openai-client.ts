import { OpenAI } from 'openai';
import { retryAfterSeconds } from './retry-after.js';

/** How to reach an OpenAI-compatible endpoint. Times are in milliseconds. */
export interface OpenAiSettings {
  readonly apiKey: string | undefined;
  /** The base of the endpoint's paths; OpenAI's own when absent. */
  readonly url: string | undefined;
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

const OPENAI_URL = 'https://api.openai.com/v1';
const MAX_RETRIES = 2;
const LONGEST_ERROR_BODY = 65_536;

/** The base address requests go to. A bare origin means the place where compatible servers have their API. */
export function baseUrlOf(url: string | undefined): string {
  if (url === undefined) return OPENAI_URL;
  const parsed = new URL(url);
  return parsed.pathname === '/' && parsed.search === '' ? `${parsed.origin}/v1` : url;
}

/**
 * The SDK's client, told everything it would otherwise look up in the environment: another account's key or
 * organisation must not go to this address, and its log would hold prompts.
 */
export function openAiClient(settings: OpenAiSettings): OpenAI {
  const firstToken = settings.firstTokenTimeoutMs;
  return new OpenAI({
    apiKey: settings.apiKey ?? 'no-key-needed',
    adminAPIKey: null,
    organization: null,
    project: null,
    baseURL: baseUrlOf(settings.url),
    maxRetries: MAX_RETRIES,
    // Our own deadline covers all attempts together; this one only has to be later.
    timeout: firstToken + 1_000,
    logLevel: 'off',
    // A redirect would carry the conversation to an address nobody configured.
    fetchOptions: { redirect: 'manual' },
    fetch: (input, init) => boundedFetch(input, init, firstToken / (MAX_RETRIES + 1)),
  });
}

/** Bounds what a failed request may cost: the size of its body, and the pause before the SDK asks again. */
async function boundedFetch(
  input: string | URL | Request,
  init: RequestInit | undefined,
  longestPauseMs: number,
): Promise<Response> {
  const response = await fetch(input, init);
  if (response.ok) return response;
  const headers = new Headers(response.headers);
  headers.delete('content-encoding');
  headers.delete('content-length');
  const body = await firstBytes(response.body, LONGEST_ERROR_BODY);
  const pause = retryAfterSeconds(response.headers) ?? 0;
  // Who is asked to wait for long should hear it, not sit before a silent stream; an empty account stays empty.
  if (pause * 1_000 > longestPauseMs || body.includes('insufficient_quota')) {
    headers.set('x-should-retry', 'false');
  }
  return new Response(body === '' ? null : body, {
    status: response.status,
    statusText: response.statusText,
    headers,
  });
}

async function firstBytes(body: ReadableStream<Uint8Array> | null, limit: number): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    bytes += chunk.byteLength;
    if (bytes > limit) break;
  }
  return text + decoder.decode();
}
