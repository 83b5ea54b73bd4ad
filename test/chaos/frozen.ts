import { setTimeout as sleep } from 'node:timers/promises';
import { expectedText, startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster } from '../support/cluster.js';
import { ReplicaClient } from '../support/replica-client.js';
import { asksOf, threadProblems } from './checks.js';
import { spread, until, Problems, type Outcome, type Telling } from './outcome.js';
import { Stored } from './stored.js';

export interface FrozenOptions extends Telling {
  readonly rounds: number;
  readonly leaseMs: number;
}

const TOKENS = 900;

/** Stops the process that answers for twice its lease, so that another takes its turn, and lets it go on. */
export async function freezeAnswering({ rounds, leaseMs, say }: FrozenOptions): Promise<Outcome> {
  const standIn = await startOpenAiStandIn();
  const cluster = await Cluster.start({
    roles: ['all', 'all'],
    standIn,
    environment: { TURN_LEASE: `${leaseMs}ms` },
  });
  const stored = new Stored(cluster.connectionString);
  const problems = new Problems(say);
  const closedAfter: number[] = [];
  const heardAfter: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const writer = cluster.serving[round % 2]!;
      const user = await cluster.user(writer);
      const threadId = await user.newThread();
      // Longer than the lease and the freeze together: the old attempt is still being said when its writer wakes.
      const content = `Freeze ${round} [[tokens=${TOKENS} delay=${Math.ceil((leaseMs * 4) / TOKENS)}]]`;
      const posted = await user.stream(threadId, content);
      const client = new ReplicaClient({
        ...{ token: user.token, threadId, random: () => 0 },
        urls: () => cluster.urls(writer),
      }).start();
      await client.until(() => client.text().length > 50, 'the beginning of the answer');
      const [first] = asksOf(standIn, content);
      cluster.freeze(writer);
      const frozenAt = performance.now();
      const isReset = ({ type }: { readonly type: string }) => type === 'ai_reset';
      await client.until(() => client.frames.some(isReset), 'the second attempt');
      heardAfter.push(client.frames.find(isReset)!.receivedAt - frozenAt);
      await sleep(Math.max(0, 2 * leaseMs - (performance.now() - frozenAt)));
      cluster.thaw(writer);
      const thawedAt = Date.now();
      await until(() => first!.closedAt !== undefined, "the end of the old writer's request");
      closedAfter.push(first!.closedAt! - thawedAt);
      posted.close();
      await client.until(() => client.done() !== undefined, 'the end of the turn');
      if (client.text() !== expectedText(TOKENS)) problems.add(`${content}: the answer is not whole`);
      const asks = asksOf(standIn, content).length;
      if (asks !== 2) problems.add(`${content}: the provider was asked ${asks} times`);
      await client.stop();
      problems.add(...(await threadProblems(stored, threadId, [client])));
      const output = cluster.output();
      if (/unhandled|uncaught/i.test(output)) problems.add(output.slice(-500));
      say?.(`${round + 1} of ${rounds}: ${problems.count} problems`);
    }
    return {
      figures: {
        freezes: rounds,
        'frozen to reset': spread(heardAfter),
        'woken to the old request closed': spread(closedAfter),
      },
      problems: problems.all,
    };
  } finally {
    await stored.close();
    await cluster.close();
    await standIn.close();
  }
}
