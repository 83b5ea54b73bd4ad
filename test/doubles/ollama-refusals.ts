import type { ServerResponse } from 'node:http';
import type { Behaviour } from './stand-in-behaviour.js';
import { refuseWith, type Sent } from './stand-in-refusals.js';

interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How Ollama, or the gate of a hosted one, says no, by the behaviour's fault; `undefined` for a fault that is none of these. */
function refusalFor({ fault, retryAfter }: Behaviour, model: string): Refusal | undefined {
  switch (fault) {
    case 'rate_limit':
      return { status: 429, error: 'too many requests', headers: { 'retry-after': String(retryAfter) } };
    case 'quota':
      return { status: 402, error: 'payment required' };
    case 'server_error':
      return { status: 500, error: 'llama runner process has terminated: exit status 2' };
    case 'unauthorized':
      return { status: 401, error: 'unauthorized' };
    case 'unknown_model':
      return { status: 404, error: `model "${model}" not found, try pulling it first` };
    case 'bad_request':
      return { status: 400, error: `registry.ollama.ai/library/${model} does not support tools` };
    case 'context_length':
      return { status: 400, error: 'the input length exceeds the context length' };
    case 'redirect':
      return { status: 307, error: 'moved', headers: { location: '/elsewhere/api/chat' } };
    default:
      return undefined;
  }
}

/** Answers with the fault in place of an answer; `false` when the behaviour has none that stands there. */
export function refuse(
  response: ServerResponse,
  behaviour: Behaviour,
  sent: Sent & { readonly model: string },
): boolean {
  return refuseWith(response, behaviour, sent, refusalFor(behaviour, sent.model), (refusal, repeated) => {
    const { status, error, headers } = refusal;
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.end(JSON.stringify({ error: `${error}; ${repeated}` }));
  });
}
