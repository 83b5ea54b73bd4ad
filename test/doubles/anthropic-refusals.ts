import type { ServerResponse } from 'node:http';
import type { Behaviour } from './stand-in-behaviour.js';
import { refuseWith, type Sent } from './stand-in-refusals.js';

interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How Anthropic says no, by the behaviour's fault; `undefined` for a fault that is none of these. */
function refusalFor({ fault, retryAfter }: Behaviour): Refusal | undefined {
  switch (fault) {
    case 'rate_limit':
      return { status: 429, type: 'rate_limit_error', headers: { 'retry-after': String(retryAfter) } };
    case 'quota':
      return {
        status: 400,
        type: 'invalid_request_error',
        message: 'Your credit balance is too low to access the Anthropic API.',
      };
    case 'server_error':
      return { status: 529, type: 'overloaded_error' };
    case 'unauthorized':
      return { status: 401, type: 'authentication_error' };
    case 'unknown_model':
      return { status: 404, type: 'not_found_error' };
    case 'bad_request':
      return { status: 400, type: 'invalid_request_error' };
    case 'context_length':
      return {
        status: 400,
        type: 'invalid_request_error',
        message: 'prompt is too long: 204800 tokens > 200000 maximum',
      };
    case 'redirect':
      return { status: 307, type: 'moved', headers: { location: '/elsewhere/messages' } };
    default:
      return undefined;
  }
}

/** Answers with an error of Anthropic's. */
export function sendError(response: ServerResponse, { status, type, message = '', headers }: Refusal): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'request-id': 'req_stand_in',
    ...headers,
  });
  const error = { type: 'error', error: { type, message }, request_id: 'req_stand_in' };
  response.end(JSON.stringify(error));
}

/** Answers with the fault in place of a message; `false` when the behaviour has none that stands there. */
export function refuse(response: ServerResponse, behaviour: Behaviour, sent: Sent): boolean {
  return refuseWith(response, behaviour, sent, refusalFor(behaviour), (refusal, repeated) => {
    sendError(response, { ...refusal, message: `${refusal.message ?? ''} ${repeated}`.trim() });
  });
}
