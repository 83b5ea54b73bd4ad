import { Ollama } from 'ollama/browser';
import type { ModelFacts } from '../../core/model-facts.js';
import { answerIn } from '../upstream/classify-error.js';
import { endpointOf, withQuery } from '../upstream/endpoint.js';
import { HttpConnections, httpFetch, type HttpFetch } from '../upstream/http-fetch.js';
import type { ResponseBody } from '../upstream/response-body.js';
import { frameObject, tooLarge } from '../upstream/frame-decoder.js';
import { throwOnErrorStatus } from '../upstream/http-status-error.js';
import { UpstreamCall, type ByteReader } from '../upstream/upstream-call.js';
import { wellFormed } from '../upstream/well-formed.js';
import { classifyRequestError } from './ollama-errors.js';

/** How to reach an Ollama server. Times are in milliseconds. */
export interface OllamaSettings {
  /** Its name in requests; `ollama` when absent. */
  readonly name?: string | undefined;
  /** The server's address, with or without `/api`. */
  readonly url: string;
  /** Bearer token, for a hosted server. */
  readonly apiKey?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly defaultModel?: string | undefined;
  /** Facts about its models; they override the built-in ones. */
  readonly models?: readonly ModelFacts[] | undefined;
  readonly connectTimeoutMs: number;
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly keepAliveTimeoutMs?: number | undefined;
}

/** One Ollama server: its address, its key and the bounds of its responses. */
export class OllamaEndpoint {
  private readonly base: string;
  private readonly headers: Record<string, string>;
  private readonly fetch: HttpFetch;

  constructor(
    private readonly provider: string,
    private readonly settings: OllamaSettings,
  ) {
    const { base, search } = endpointOf(settings.url);
    this.base = base.replace(/\/api$/, '');
    const { apiKey } = settings;
    const further = Object.entries(settings.headers ?? {}).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]);
    this.headers = {
      ...(Object.fromEntries(further) as Record<string, string>),
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      'content-type': 'application/json',
    };
    this.fetch = withQuery(search, throwOnErrorStatus(httpFetch(new HttpConnections(settings))));
  }

  /** Starts a streamed answer. Throws a `ModelError`; the signal closes the connection. */
  async open(path: string, body: object, signal: AbortSignal): Promise<ByteReader> {
    const text = JSON.stringify(wellFormed(body));
    return bodyOf(await this.send(this.base + path, { method: 'POST', body: text, signal }));
  }

  /**
   * Requests an answer that comes as one body of at most `limit` bytes, within the time-out of a first token. Throws a
   * `ModelError`, or the signal's reason.
   */
  async ask<Answer>(
    limit: number,
    signal: AbortSignal,
    question: (client: Ollama) => Promise<Answer>,
  ): Promise<Answer> {
    const { provider } = this;
    const { firstTokenTimeoutMs: longest } = this.settings;
    const limits = { beginning: longest, text: longest, cost: longest, alive: longest };
    const call = new UpstreamCall(provider, signal, limits);
    try {
      call.begin();
      return await question(this.client(limit, call.signal));
    } catch (error) {
      throw call.reasonFor(classifyRequestError(error, provider));
    } finally {
      call.close();
    }
  }

  /**
   * The package's client, used for its paths and types only: it would read a key from the environment and log failures
   * to the console, so our headers replace its own, and it never sees a failure.
   */
  private client(limit: number, signal: AbortSignal): Ollama {
    return new Ollama({
      host: this.base,
      fetch: async (input, { method, body } = {}) => {
        const asked = { method: method ?? 'GET', body: body ?? null, signal };
        const response = await this.send(input instanceof Request ? input.url : input, asked);
        const text = await this.whole(response, limit);
        const answer = answerIn(frameObject(this.provider, text), this.provider);
        // The package reads nothing else of a response.
        return { ok: true, json: () => Promise.resolve(answer) } as unknown as Response;
      },
    });
  }

  private async send(url: string | URL, init: RequestInit): Promise<Response> {
    try {
      return await this.fetch(url, { ...init, headers: this.headers });
    } catch (error) {
      throw classifyRequestError(error, this.provider);
    }
  }

  private async whole(response: Response, limit: number): Promise<string> {
    const decoder = new TextDecoder();
    const pieces: string[] = [];
    let bytes = 0;
    for await (const piece of bodyOf(response)) {
      bytes += piece.byteLength;
      if (bytes > limit) throw tooLarge(this.provider);
      pieces.push(decoder.decode(piece, { stream: true }));
    }
    return pieces.join('') + decoder.decode();
  }
}

/** The `Response` comes from `httpFetch`, whose body can be read without a web stream. */
function bodyOf({ body }: Response): ResponseBody {
  return body as unknown as ResponseBody;
}
