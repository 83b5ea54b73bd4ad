import { Anthropic } from '@anthropic-ai/sdk';
import type { ModelFacts } from '../../core/model-facts.js';
import { endpointOf, withQuery } from '../upstream/endpoint.js';
import { HttpConnections, httpFetch } from '../upstream/http-fetch.js';
import { inLowerCase, onlyHeaders } from '../upstream/only-headers.js';
import { throwOnErrorStatus } from '../upstream/http-status-error.js';

/** How to reach Anthropic, or a server that implements its Messages API. Times are in milliseconds. */
export interface ClaudeSettings {
  /** The provider's name in requests; `claude` when absent. */
  readonly name?: string | undefined;
  readonly apiKey: string | undefined;
  /** The base of the endpoint, with or without `/v1`; Anthropic's when absent. */
  readonly url?: string | undefined;
  /** The version in the `anthropic-version` header. */
  readonly version: string;
  /** Sent with every request; the client's own headers take precedence. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly defaultModel?: string | undefined;
  /** Override the built-in facts about models. */
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

/** The URL that `/v1/messages` is appended to. */
export function baseUrlOf(url: string | undefined): string {
  if (url === undefined) return ANTHROPIC_URL;
  return endpointOf(url).base.replace(/\/v1$/, '');
}

/**
 * The SDK's client, with every setting that it would otherwise read from the environment or the home directory: another
 * account's key must not be sent to this address, and the SDK's log and traces would hold prompts.
 */
export function claudeClient(settings: ClaudeSettings): Anthropic {
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS } = settings;
  const configured = inLowerCase(settings.headers ?? {});
  const { search } = endpointOf(settings.url ?? ANTHROPIC_URL);
  const fetch = withQuery(search, throwOnErrorStatus(httpFetch(new HttpConnections({ connectTimeoutMs }))));
  return new Anthropic({
    // With any key set, the SDK does not look for one. The header with the key is set below.
    apiKey: settings.apiKey ?? 'no-key-needed',
    webhookKey: null,
    baseURL: baseUrlOf(settings.url),
    defaultHeaders: {
      'anthropic-version': settings.version,
      // Unlike the SDK's Bearer token, every version and every compatible server accepts this header.
      'x-api-key': settings.apiKey ?? null,
      authorization: null,
      ...configured,
    },
    // The caller decides about retries.
    maxRetries: 0,
    // Our own time-out comes first.
    timeout: settings.firstTokenTimeoutMs + 1_000,
    logLevel: 'off',
    openTelemetry: false,
    fetch: onlyHeaders([...OWN_HEADERS, ...Object.keys(configured)], fetch),
  });
}
