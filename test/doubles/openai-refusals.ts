import type { ServerResponse } from 'node:http';
import type { Behaviour } from './stand-in-behaviour.js';
import { refuseWith, type Sent } from './stand-in-refusals.js';

interface Refusal {
  readonly status: number;
  readonly code: string | null;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How OpenAI says no, by the behaviour's fault; `undefined` for a fault that is none of these. */
function refusalFor({ fault, retryAfter }: Behaviour): Refusal | undefined {
  switch (fault) {
    case 'rate_limit':
      return {
        status: 429,
        code: 'rate_limit_exceeded',
        type: 'requests',
        headers: { 'retry-after': String(retryAfter) },
      };
    case 'quota':
      return { status: 429, code: 'insufficient_quota', type: 'insufficient_quota' };
    case 'server_error':
      return { status: 500, code: null, type: 'server_error' };
    case 'unauthorized':
      return { status: 401, code: 'invalid_api_key', type: 'invalid_request_error' };
    case 'unknown_model':
      return { status: 404, code: 'model_not_found', type: 'invalid_request_error' };
    case 'bad_request':
      return { status: 400, code: 'invalid_value', type: 'invalid_request_error' };
    case 'context_length':
      return { status: 400, code: 'context_length_exceeded', type: 'invalid_request_error' };
    case 'redirect':
      return { status: 307, code: null, type: 'moved', headers: { location: '/elsewhere/chat/completions' } };
    default:
      return undefined;
  }
}

/** Answers with the fault in place of a completion; `false` when the behaviour has none that stands there. */
export function refuse(response: ServerResponse, behaviour: Behaviour, sent: Sent): boolean {
  return refuseWith(response, behaviour, sent, refusalFor(behaviour), (refusal, message) => {
    const { status, code, type, headers } = refusal;
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-request-id': 'req_stand_in',
      ...headers,
    });
    response.end(JSON.stringify({ error: { message, type, param: null, code } }));
  });
}
