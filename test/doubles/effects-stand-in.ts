import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** One effect that was asked for, and done: whoever asks twice has it twice. */
export interface EffectCall {
  readonly turnId: string;
  readonly key: string;
  /** What it is answered with: no two calls have the same. */
  readonly number: number;
}

export interface EffectsStandIn {
  readonly url: string;
  callsOf(turnId: string): readonly EffectCall[];
  /** Nothing is answered from now on until what is returned is called; what is asked for is done all the same. */
  hold(): () => void;
  close(): Promise<void>;
}

const MOST_MS = 20;

/** Starts a server whose `POST /<turn>/<key>` has an effect each time: it is counted before it is answered. */
export async function startEffectsStandIn(): Promise<EffectsStandIn> {
  const calls = new Map<string, EffectCall[]>();
  let made = 0;
  let held = Promise.resolve();
  const server = createServer((request, response) => {
    const [, turnId = '', key = ''] = decodeURIComponent(request.url ?? '').split('/');
    made += 1;
    const number = made;
    calls.set(turnId, [...(calls.get(turnId) ?? []), { turnId, key, number }]);
    void Promise.all([held, pause(Math.random() * MOST_MS)]).then(() =>
      response.end(JSON.stringify({ number })),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    callsOf: (turnId) => calls.get(turnId) ?? [],
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
