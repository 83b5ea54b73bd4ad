import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerParent, clock } from './worker.ts';

/* A client that reads its list of threads all the while, and notes how long each answer takes. */

const PAUSE_MS = 20;
const LIMIT_MS = 60_000;

export interface Watch {
  readonly port: number;
  readonly token: string;
}

/** What came of asking: times of answers in milliseconds, and what was no answer. */
export interface Seen {
  readonly times: readonly number[];
  readonly failures: readonly string[];
}

let watching: { stop: boolean; readonly seen: Promise<Seen> } | undefined;

const handlers = {
  start(watch: Watch): void {
    const state = { stop: false };
    watching = Object.assign(state, { seen: ask(watch, state) });
  },
  /** Resolves when the question under way has been answered. */
  finish(): Promise<Seen> {
    if (watching === undefined) throw new Error('nobody is watching');
    watching.stop = true;
    return watching.seen;
  },
};

export type Bystander = typeof handlers;

async function ask({ port, token }: Watch, state: { readonly stop: boolean }): Promise<Seen> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const seen = { times: [] as number[], failures: [] as string[] };
  while (!state.stop) {
    const begun = clock();
    try {
      const status = await page(port, token, agent);
      if (status !== 200) seen.failures.push(`status ${status}`);
    } catch (error) {
      seen.failures.push(String(error));
    }
    seen.times.push(clock() - begun);
    await sleep(PAUSE_MS);
  }
  agent.destroy();
  return seen;
}

function page(port: number, token: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        port,
        host: '127.0.0.1',
        path: '/chat/threads',
        agent,
        headers: { authorization: `Bearer ${token}` },
      },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode));
        response.once('error', reject);
      },
    );
    asked.setTimeout(LIMIT_MS, () => asked.destroy(new Error('no answer')));
    asked.once('error', reject);
    asked.end();
  });
}

answerParent(handlers);
