import { setTimeout as sleep } from 'node:timers/promises';
import { Issuer } from '../doubles/issuer.js';
import { startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster } from '../support/cluster.js';
import { TestUser } from '../support/test-user.js';
import { Problems, type Outcome, type Telling } from './outcome.js';

export interface IssuerOptions extends Telling {
  /** How long the issuer of the tokens is gone. */
  readonly downMs: number;
  /** The time between two looks at who is let in. */
  readonly everyMs: number;
}

interface Looked {
  readonly who: string;
  readonly expected: number;
  readonly token: string;
}

/**
 * Takes the issuer of the tokens away: nobody who was in is put out, whoever gets in by a known key does, what cannot be
 * told is put off and not refused, and a key that is new when the issuer is back is found at its first use.
 */
export async function issuerDown({ downMs, everyMs, say }: IssuerOptions): Promise<Outcome> {
  const issuer = await Issuer.start();
  const standIn = await startOpenAiStandIn();
  const problems = new Problems(say);
  const cluster = await Cluster.start({ roles: ['all', 'all'], standIn, environment: issuer.environment });
  const served: Record<string, number> = {};
  const look = async (moment: string, looked: readonly Looked[]) => {
    for (const { url, name } of cluster.serving) {
      for (const { who, expected, token } of looked) {
        const { status, headers } = await new TestUser(url, token).ask('GET', '/chat/threads');
        served[`${who}: ${status}`] = (served[`${who}: ${status}`] ?? 0) + 1;
        if (status !== expected) problems.add(`${moment}: ${who} was answered ${status} by ${name}`);
        if (status === 503 && headers.get('retry-after') === null)
          problems.add(`${moment}: ${who} was not told by ${name} when to try again`);
      }
    }
  };
  try {
    const inside: Looked = {
      who: 'a user who is in',
      expected: 200,
      token: await issuer.token({}, { exp: 36_000 }),
    };
    await look('before', [inside]);
    await issuer.down();
    const fresh = await cluster.add('all');
    const unknown = {
      who: 'a token by an unknown key',
      expected: 503,
      token: await issuer.token({}, { by: 'unknown' }),
    };
    const { status } = await new TestUser(fresh.url, inside.token).ask('GET', '/chat/threads');
    if (status !== 503) problems.add(`a process without keys answered ${status}`);
    await cluster.kill(fresh);
    const until = Date.now() + downMs;
    while (Date.now() < until) {
      const newcomer = {
        who: 'a new token by a known key',
        expected: 200,
        token: await issuer.token({ sub: 'bob' }),
      };
      await look('while it is down', [inside, newcomer, unknown]);
      say?.(`${Math.round((until - Date.now()) / 1_000)} s left, ${problems.count} problems`);
      await sleep(Math.min(everyMs, Math.max(0, until - Date.now())));
    }
    const before = issuer.requests;
    await issuer.up();
    // A failed fetch is followed by another after three seconds.
    await sleep(3_500);
    await issuer.publish('second');
    const rotated = { who: 'a token by a new key', expected: 200, token: await issuer.token({}) };
    await look('after', [rotated, { ...inside, who: 'a token by the key before', expected: 401 }]);
    return {
      figures: {
        'down for': `${Math.round(downMs / 1_000)} s`,
        ...served,
        'fetches after it': issuer.requests - before,
      },
      problems: problems.all,
    };
  } finally {
    await cluster.close();
    await standIn.close();
    await issuer.close();
  }
}
