import { OpenAI } from 'openai';
import { endpointOf, withQuery } from '../upstream/endpoint.js';
import { httpFetch } from '../upstream/http-fetch.js';
import { inLowerCase, onlyHeaders } from '../upstream/only-headers.js';
import { throwOnErrorStatus } from '../upstream/http-status-error.js';
import type { EndpointSettings } from '../provider-descriptor.js';
import type { OpenAiProfile } from './openai-profile.js';

const OWN_HEADERS = ['accept', 'authorization', 'content-type', 'user-agent'];

/**
 * The SDK's client, told everything it would otherwise look up in the environment: another account's key, organisation
 * or headers must not go to this address, and its log would hold prompts.
 */
export function openAiClient(profile: OpenAiProfile, settings: EndpointSettings): OpenAI {
  const { connectTimeoutMs, firstTokenTimeoutMs } = settings;
  const apiKey = settings.apiKey ?? 'no-key-needed';
  const configured = inLowerCase(profile.headers);
  const { base, search } = endpointOf(profile.baseUrl);
  const fetch = withQuery(search, throwOnErrorStatus(httpFetch({ connectTimeoutMs })));
  return new OpenAI({
    apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: base,
    // Said as a header as well: one from the environment would stand in its place.
    defaultHeaders: { authorization: `Bearer ${apiKey}`, ...configured },
    // Whoever calls decides whether to try again.
    maxRetries: 0,
    // Our own deadline comes first.
    timeout: firstTokenTimeoutMs + 1_000,
    logLevel: 'off',
    fetch: onlyHeaders([...OWN_HEADERS, ...Object.keys(configured)], fetch),
  });
}
