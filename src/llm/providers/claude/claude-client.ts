import { Anthropic } from '@anthropic-ai/sdk';
import type { ModelFacts } from '../../core/model-facts.js';
import { endpointOf, withQuery } from '../upstream/endpoint.js';
import { httpFetch } from '../upstream/http-fetch.js';
import { inLowerCase, onlyHeaders } from '../upstream/only-headers.js';
import { throwOnErrorStatus } from '../upstream/http-status-error.js';

/** How to reach Anthropic, or a server that speaks its messages. Times are in milliseconds. */
export interface ClaudeSettings {
  /** What requests call the provider; `claude` when absent. */
  readonly name?: string | undefined;
  readonly apiKey: string | undefined;
  /** The base of the endpoint, with or without `/v1`; Anthropic's own when absent. */
  readonly url?: string | undefined;
  /** The version of the API, as its header says it. */
  readonly version: string;
  /** Sent with every request, besides and before its own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly defaultModel?: string | undefined;
  /** Laid over what is known of the models. */
  readonly models?: readonly ModelFacts[] | undefined;
  /** 10 s when absent. */
  readonly connectTimeoutMs?: number | undefined;
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly keepAliveTimeoutMs?: number | undefined;
}

const ANTHROPIC_URL = 'https://api.anthropic.com';
const CONNECT_TIMEOUT_MS = 10_000;
const OWN_HEADERS = ['accept', 'content-type', 'user-agent', 'anthropic-version', 'x-api-key'];

/** The address that `/v1/messages` is appended to. */
export function baseUrlOf(url: string | undefined): string {
  if (url === undefined) return ANTHROPIC_URL;
  return endpointOf(url).base.replace(/\/v1$/, '');
}

/**
 * The SDK's client, told everything it would otherwise look up in the environment or in the home directory: another
 * account's key must not go to this address, and its log and traces would hold prompts.
 */
export function claudeClient(settings: ClaudeSettings): Anthropic {
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS } = settings;
  const configured = inLowerCase(settings.headers ?? {});
  const { search } = endpointOf(settings.url ?? ANTHROPIC_URL);
  const fetch = withQuery(search, throwOnErrorStatus(httpFetch({ connectTimeoutMs })));
  return new Anthropic({
    // Any key keeps it from looking for one. Which header has it is said below.
    apiKey: settings.apiKey ?? 'no-key-needed',
    webhookKey: null,
    baseURL: baseUrlOf(settings.url),
    defaultHeaders: {
      'anthropic-version': settings.version,
      // Unlike the SDK's Bearer token, every version and every compatible server takes this one.
      'x-api-key': settings.apiKey ?? null,
      authorization: null,
      ...configured,
    },
    // Whoever calls decides whether to try again.
    maxRetries: 0,
    // Our own deadline comes first.
    timeout: settings.firstTokenTimeoutMs + 1_000,
    logLevel: 'off',
    openTelemetry: false,
    fetch: onlyHeaders([...OWN_HEADERS, ...Object.keys(configured)], fetch),
  });
}
