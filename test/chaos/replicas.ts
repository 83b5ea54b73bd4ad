import { setTimeout as sleep } from 'node:timers/promises';
import { expectedText, startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster, type Role } from '../support/cluster.js';
import { ReplicaClient } from '../support/replica-client.js';
import { asksOf, threadProblems } from './checks.js';
import { inParallel, Problems, type Outcome, type Telling } from './outcome.js';
import { seeded, type Random } from './random.js';
import { Stored } from './stored.js';

export interface ReplicasOptions extends Telling {
  readonly roles: readonly Role[];
  readonly turns: number;
  readonly disconnects: number;
  readonly seed: number;
  readonly environment?: Record<string, string>;
  /** Something bad that happens when half of the disconnects have: Redis forgets everything, say. */
  readonly inTheMiddle?: () => Promise<void>;
}

interface Watched {
  readonly client: ReplicaClient;
  readonly content: string;
  readonly tokens: number;
}

/** Turns on several replicas whose clients leave at random and come back to any of them. */
export async function randomDisconnects(options: ReplicasOptions): Promise<Outcome> {
  const { turns, disconnects, seed, say = () => undefined } = options;
  const random = seeded(seed);
  const standIn = await startOpenAiStandIn();
  const cluster = await Cluster.start({
    roles: options.roles,
    standIn,
    environment: options.environment ?? {},
  });
  const stored = new Stored(cluster.connectionString);
  try {
    const watched = await Promise.all(
      Array.from({ length: turns }, (_, index) => watch(cluster, random, index)),
    );
    const leaving = disturb(watched, disconnects, random, options.inTheMiddle);
    await Promise.all(
      watched.map(({ client, content }) =>
        client.until(() => client.done() !== undefined, `the end of ${content}`),
      ),
    );
    await leaving;
    const late = await Promise.all(watched.map(({ client }) => latecomer(client)));
    const problems = new Problems(say);
    await inParallel(watched, 8, async ({ client, content, tokens }, index) => {
      await client.until(() => client.cursor >= late[index]!.cursor, 'the end of the log');
      await Promise.all([client.stop(), late[index]!.stop()]);
      problems.add(...(await threadProblems(stored, client.threadId, [client, late[index]!])));
      if (client.text() !== expectedText(tokens)) problems.add(`${content}: the answer is not whole`);
      const asks = asksOf(standIn, content).length;
      if (asks !== 1) problems.add(`${content}: the provider was asked ${asks} times`);
    });
    if (problems.count === 0) say('every client has what the log has');
    const clients = watched.map(({ client }) => client);
    return {
      figures: {
        seed,
        turns,
        processes: options.roles.join(' + '),
        disconnects,
        'streams opened': clients.reduce((sum, { connections }) => sum + connections, 0),
        'streams ended by the server': clients.reduce((sum, { breaks }) => sum + breaks, 0),
        'frames received': clients.reduce((sum, { frames }) => sum + frames.length, 0),
        'clients unlike the log': new Set(problems.all.map((problem) => problem.slice(0, 36))).size,
      },
      problems: problems.all,
    };
  } finally {
    await stored.close();
    await cluster.close();
    await standIn.close();
  }
}

async function watch(cluster: Cluster, random: Random, index: number): Promise<Watched> {
  const user = await cluster.user(random.pick(cluster.serving), { sub: `user-${index % 7}` });
  const tokens = random.between(60, 240);
  const content = `Turn ${index} [[tokens=${tokens} delay=${random.between(5, 20)}]]`;
  const client = new ReplicaClient({
    token: user.token,
    threadId: await user.newThread(),
    urls: () => cluster.urls(),
    random: () => random.next(),
    message: { content, key: `turn-${index}` },
  });
  return { client: client.start(), content, tokens };
}

/** Ends random clients' streams, spread over about as long as the turns take. */
async function disturb(
  watched: readonly Watched[],
  disconnects: number,
  random: Random,
  inTheMiddle: ReplicasOptions['inTheMiddle'],
): Promise<void> {
  const pause = 2_500 / disconnects;
  for (let count = 0; count < disconnects; count += 1) {
    await sleep(pause * 2 * random.next());
    if (count === disconnects >> 1) await inTheMiddle?.();
    const unfinished = watched.filter(({ client }) => client.done() === undefined);
    random.pick(unfinished.length > 0 ? unfinished : watched).client.disconnect();
  }
}

/** Somebody who comes when all is over, and reads the thread from its beginning. */
async function latecomer(client: ReplicaClient): Promise<ReplicaClient> {
  const late = client.another().start();
  await late.until(() => late.done() !== undefined, 'the end of the turn, for one who came late');
  return late;
}
