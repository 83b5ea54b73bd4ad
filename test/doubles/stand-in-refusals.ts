import type { ServerResponse } from 'node:http';
import type { Behaviour } from './stand-in-behaviour.js';

/** What a provider was sent, and may repeat. */
export interface Sent {
  readonly lastMessage: string;
  readonly key: string;
}

/** Answers with the fault in place of an answer; `false` when the behaviour has none that stands there. */
export function refuseWith<Refusal extends object>(
  response: ServerResponse,
  { fault }: Behaviour,
  { lastMessage, key }: Sent,
  refusal: Refusal | undefined,
  send: (refusal: Refusal, repeated: string) => void,
): boolean {
  if (fault === 'hang') return true;
  if (fault === 'cut_before_headers') {
    response.destroy();
    return true;
  }
  if (refusal === undefined) return false;
  // Providers repeat what they were sent: nobody may see it through us.
  send(refusal, `secret words; you sent "${lastMessage.slice(0, 200)}" with the key ${key}`);
  return true;
}
