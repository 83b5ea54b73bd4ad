import { setTimeout as sleep } from 'node:timers/promises';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster, type Replica, type Role } from '../support/cluster.js';
import { ReplicaClient } from '../support/replica-client.js';
import { asksOf, threadProblems } from './checks.js';
import { at, inParallel, spread, until, Problems, type Outcome, type Telling } from './outcome.js';
import { seeded, type Random } from './random.js';
import { Stored } from './stored.js';

export interface StopsOptions extends Telling {
  readonly roles: readonly Role[];
  readonly stops: number;
  readonly atOnce: number;
  readonly seed: number;
  /** What the issue promises of the 95th percentile; unset: only that it happens. */
  readonly limitMs?: number;
  readonly environment?: Record<string, string>;
}

interface Stage {
  readonly standIn: OpenAiStandIn;
  readonly cluster: Cluster;
  readonly stored: Stored;
  readonly random: Random;
  readonly closedAfter: number[];
  readonly problems: Problems;
}

/** How a stop is pressed. */
const WAYS = ['once', 'twice', 'from everywhere at once'] as const;

/** Stops turns from a replica that does not run them, and sees when the provider's socket closes. */
export async function stopAnywhere(options: StopsOptions): Promise<Outcome> {
  const { roles, stops, seed, limitMs, environment = {} } = options;
  const standIn = await startOpenAiStandIn();
  const cluster = await Cluster.start({ roles, standIn, environment });
  const stored = new Stored(cluster.connectionString);
  const stage: Stage = {
    ...{ standIn, cluster, stored, random: seeded(seed) },
    ...{ closedAfter: [], problems: new Problems(options.say) },
  };
  const { closedAfter, problems } = stage;
  try {
    const places = Array.from({ length: stops }, (_, index) => index);
    await inParallel(places, options.atOnce, (index) => stopOne(stage, index));
    if (limitMs !== undefined && at(closedAfter, 0.95) > limitMs)
      problems.add(`the provider's socket was closed after ${at(closedAfter, 0.95)} ms at p95`);
    return {
      figures: {
        seed,
        stops,
        processes: roles.join(' + '),
        "stop to the provider's socket closed": spread(closedAfter),
      },
      problems: problems.all,
    };
  } finally {
    await stored.close();
    await cluster.close();
    await standIn.close();
  }
}

async function stopOne({ standIn, cluster, stored, random, closedAfter, problems }: Stage, index: number) {
  const [here, elsewhere] = twoOf(cluster.serving, random);
  const user = await cluster.user(here, { sub: `user-${index}` });
  const other = await cluster.user(elsewhere, { sub: `user-${index}` });
  const threadId = await user.newThread();
  const content = `Stop ${index} [[tokens=5000 delay=5]]`;
  const client = new ReplicaClient({
    ...{ token: user.token, threadId, random: () => random.next() },
    urls: () => cluster.urls(here),
  }).start();
  const posted = await user.stream(threadId, content);
  await client.until(() => client.text().length > random.between(20, 400), 'the beginning of the answer');
  const [asked] = asksOf(standIn, content);
  const { turn_id: turnId } = (await stored.messages(threadId))[0]!;
  await sleep(random.between(0, 40));

  const cancel = `/chat/threads/${threadId}/turns/${turnId}/cancel`;
  const pressedAt = Date.now();
  const way = WAYS[index % WAYS.length]!;
  const answers =
    way === 'from everywhere at once'
      ? await Promise.all([other.ask('POST', cancel), user.ask('POST', cancel)])
      : [await other.ask('POST', cancel)];
  await until(() => asked!.closedAt !== undefined, "the end of the provider's request");
  closedAfter.push(asked!.closedAt! - pressedAt);
  if (way === 'twice') answers.push(await other.ask('POST', cancel));
  posted.close();
  await client.until(() => client.done() !== undefined, 'the end of the turn');
  await client.stop();

  for (const { status, body } of answers)
    if (status !== 202 || body.turn.id !== turnId) problems.add(`${content}: a stop was answered ${status}`);
  const answer = (await stored.messages(threadId)).at(-1)!;
  if (answer.role !== 'assistant' || answer.status !== 'cancelled' || answer.content === '')
    problems.add(`${content}: stored as ${answer.role} ${answer.status} of ${answer.content.length}`);
  if (!expectedText(5000).startsWith(answer.content)) problems.add(`${content}: something else is stored`);
  problems.add(...(await threadProblems(stored, threadId, [client])));
  await until(async () => (await stored.attempts(threadId)).size > 0, 'a row in the ledger');
  const rows = (await stored.attempts(threadId)).get(turnId);
  if (rows !== 1) problems.add(`${content}: ${rows} rows in the ledger`);
  if (asksOf(standIn, content).length !== 1) problems.add(`${content}: asked again`);
}

/** One replica to post to, and another one. */
function twoOf(replicas: readonly Replica[], random: Random): readonly [Replica, Replica] {
  const here = random.pick(replicas);
  return [here, random.pick(replicas.filter((replica) => replica !== here))];
}
