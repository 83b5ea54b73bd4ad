import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Config } from '../config/index.js';
import { corsHeaders } from './cors.js';
import { toClientError } from './errors/translate.js';
import { errorAnswer } from './errors/write.js';

interface Unroutable {
  readonly id: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Responds to requests that the router rejects before any hook runs, such as a malformed URL; `adapter` has the error
 * formats.
 */
export function unroutableAnswer(config: Pick<Config, 'CORS_ORIGINS'>, adapter: () => object) {
  return (thrown: Error, request: Unroutable, { raw }: { readonly raw: ServerResponse }): void => {
    const error = toClientError(thrown, request.id);
    const { body, headers } = errorAnswer(adapter(), request.url, error);
    const text = JSON.stringify(body);
    raw
      .writeHead(error.status, {
        ...corsHeaders(config, request.headers.origin),
        ...headers,
        'content-length': Buffer.byteLength(text),
      })
      .end(text);
  };
}
