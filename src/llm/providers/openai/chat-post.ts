import { APIConnectionError, type OpenAI } from 'openai';
import { endpointOf, queried } from '../upstream/endpoint.js';
import { prepareRequest, type HttpConnections, type PreparedRequest } from '../upstream/http-fetch.js';
import { statusErrorOf } from '../upstream/http-status-error.js';
import type { ByteReader } from '../upstream/upstream-call.js';
import { sentHeaders } from './openai-client.js';
import type { OpenAiProfile } from './openai-profile.js';
import type { OpenAiChatBody } from './openai-request.js';

/**
 * Posts chats as the SDK would. The SDK says once where to and with which headers; making every request anew, and a
 * `Request`, a `Response` and their headers along with it, would cost more than the rest of a short answer.
 */
export class ChatPost {
  private prepared: PreparedRequest | undefined;

  constructor(
    private readonly client: OpenAI,
    private readonly profile: OpenAiProfile,
    private readonly connections: HttpConnections,
  ) {}

  /** Throws a `HttpStatusError` for an error status, and an `APIConnectionError` when there is no response. */
  async send(body: OpenAiChatBody, signal: AbortSignal): Promise<ByteReader> {
    this.prepared ??= await this.prepare();
    const text = JSON.stringify(body);
    const response = await this.connections.send(this.prepared, text, signal).catch((error: unknown) => {
      throw new APIConnectionError({ cause: error as Error });
    });
    if (!response.ok) throw await statusErrorOf(response);
    return response.body;
  }

  private async prepare(): Promise<PreparedRequest> {
    const { url, req } = await this.client.buildRequest({
      method: 'post',
      path: '/chat/completions',
      body: {},
    });
    const names = sentHeaders(this.profile);
    return prepareRequest({
      url: queried(url, endpointOf(this.profile.baseUrl).search),
      method: 'POST',
      headers: Object.fromEntries([...new Headers(req.headers)].filter(([name]) => names.includes(name))),
    });
  }
}
