import { OpenAI } from 'openai';
import { endpointOf, withQuery } from '../upstream/endpoint.js';
import { httpFetch, type HttpConnections } from '../upstream/http-fetch.js';
import { inLowerCase, onlyHeaders } from '../upstream/only-headers.js';
import { throwOnErrorStatus } from '../upstream/http-status-error.js';
import type { EndpointSettings } from '../provider-descriptor.js';
import type { OpenAiProfile } from './openai-profile.js';

const OWN_HEADERS = ['accept', 'authorization', 'content-type', 'user-agent'];

/**
 * The SDK's client, with every setting that it would otherwise read from the environment: another account's key,
 * organisation or headers must not be sent to this address, and its log would hold prompts.
 */
export function openAiClient(
  profile: OpenAiProfile,
  settings: EndpointSettings,
  connections: HttpConnections,
): OpenAI {
  const { firstTokenTimeoutMs } = settings;
  const apiKey = settings.apiKey ?? 'no-key-needed';
  const configured = inLowerCase(profile.headers);
  const { base, search } = endpointOf(profile.baseUrl);
  const fetch = withQuery(search, throwOnErrorStatus(httpFetch(connections)));
  return new OpenAI({
    apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: base,
    // Set as a header as well: otherwise one from the environment would replace it.
    defaultHeaders: { authorization: `Bearer ${apiKey}`, ...configured },
    // The caller decides about retries.
    maxRetries: 0,
    // Our own time-out comes first.
    timeout: firstTokenTimeoutMs + 1_000,
    logLevel: 'off',
    fetch: onlyHeaders(sentHeaders(profile), fetch),
  });
}

/** The names of the headers that are sent. */
export function sentHeaders({ headers }: OpenAiProfile): readonly string[] {
  return [...OWN_HEADERS, ...Object.keys(inLowerCase(headers))];
}
