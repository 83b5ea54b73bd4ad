import { setTimeout as sleep } from 'node:timers/promises';
import { expectedText, startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { freshDatabase } from '../setup/test-database.js';
import { Cluster, type Replica } from '../support/cluster.js';
import { ReplicaClient } from '../support/replica-client.js';
import { startTcpProxy, throughProxy } from '../support/tcp-proxy.js';
import type { TestUser } from '../support/test-user.js';
import { asksOf, threadProblems } from './checks.js';
import { spread, until, Problems, type Outcome, type Telling } from './outcome.js';
import { Stored } from './stored.js';

export interface SilenceOptions extends Telling {
  /** How often the link falls silent. */
  readonly rounds: number;
  /** How long nothing goes through; 0: what was there falls silent for good, and new connections go through at once. */
  readonly silentMs: number;
}

/** Who has waited for so long waits for nothing. */
const PATIENCE_MS = 20_000;
const TOKENS = 1_500;

/** Drops every packet between the server and its database, without closing a connection, in the middle of turns. */
export async function silentLinks({ rounds, silentMs, say }: SilenceOptions): Promise<Outcome> {
  const standIn = await startOpenAiStandIn();
  const database = await freshDatabase();
  const proxy = await startTcpProxy(database.connectionString);
  const cluster = await Cluster.start({
    roles: ['all'],
    standIn,
    connectionString: throughProxy(database.connectionString, proxy),
  });
  const stored = new Stored(database.connectionString);
  const problems = new Problems(say);
  const answers: number[] = [];
  const backAfter: number[] = [];
  try {
    const server = cluster.serving[0]!;
    const bystander = await cluster.user(server, { sub: 'bystander' });
    for (let round = 1; round <= rounds; round += 1) {
      const user = await cluster.user(server, { sub: `user-${round}` });
      const threadId = await user.newThread();
      const content = `Silence ${round} [[tokens=${TOKENS} delay=8]]`;
      const posted = await user.stream(threadId, content);
      await posted.frames.next();
      posted.close();
      const client = new ReplicaClient({
        ...{ token: user.token, threadId, random: Math.random, urls: () => cluster.urls() },
        passing: [500, 502, 503, 504],
      }).start();
      await until(() => asksOf(standIn, content).length === 1, 'the request');
      await sleep(400);
      proxy.silence();
      if (silentMs > 0) problems.add(...(await whileSilent(server, bystander, silentMs, answers)));
      proxy.speak();
      const began = performance.now();
      await until(async () => (await ask(bystander, answers)).status === 200, 'the first answer', 60_000);
      await until(async () => (await health(server)).status === 'ok', 'good health', 60_000);
      backAfter.push(performance.now() - began);
      await client.until(() => client.done() !== undefined, 'the end of the turn for its watcher');
      await client.stop();
      if ((await stored.messages(threadId)).at(-1)?.content !== expectedText(TOKENS))
        problems.add(`round ${round}: the answer is not whole`);
      problems.add(...(await threadProblems(stored, threadId, [client])));
      const next = await user.ask('POST', `/chat/threads/${threadId}/messages`, {
        content: 'On [[tokens=4]]',
      });
      if (next.body.response !== expectedText(4))
        problems.add(`round ${round}: the next message was answered ${next.status}`);
      await until(async () => (await live(server)) === 200, 'a heartbeat that gets through');
      if (server.process.child.exitCode !== null) problems.add(`round ${round}: the process ended`);
      say?.(`round ${round}: ${problems.count} problems`);
    }
    return {
      figures: {
        rounds,
        'silent for': `${silentMs} ms`,
        'answers meanwhile and after': spread(answers),
        'back to good health': spread(backAfter),
      },
      problems: problems.all,
    };
  } finally {
    await stored.close();
    await cluster.close();
    await proxy.close();
    await database.drop();
    await standIn.close();
  }
}

/** Everybody who asks is told that it may be tried again, and whoever watches over the process hears that it is cut off. */
async function whileSilent(
  server: Replica,
  bystander: TestUser,
  silentMs: number,
  answers: number[],
): Promise<string[]> {
  const problems: string[] = [];
  const until = performance.now() + silentMs;
  let wasSeen = false;
  let wasDead = false;
  while (performance.now() < until) {
    const [answer, { listener }, alive] = await Promise.all([
      ask(bystander, answers),
      health(server),
      live(server),
    ]);
    if (answer.status !== 200 && answer.body?.retryable !== true)
      problems.push(`a bystander was told ${answer.status} ${JSON.stringify(answer.body)}`);
    wasSeen ||= listener === 'down';
    wasDead ||= alive !== 200;
    await sleep(100);
  }
  if (!wasSeen) problems.push('the listening connection was never shown to be down');
  if (!wasDead) problems.push('the process was alive all the time');
  return problems;
}

async function ask(
  user: TestUser,
  answers: number[],
): Promise<{ status: number; body?: { retryable?: unknown } }> {
  const began = performance.now();
  const response = await fetch(`${user.url}/chat/threads`, {
    headers: { authorization: `Bearer ${user.token}` },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  answers.push(performance.now() - began);
  return { status: response.status, body: (await response.json()) as { retryable?: unknown } };
}

async function health({ url }: Replica): Promise<{ status: string; listener?: string }> {
  const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  return (await response.json()) as { status: string; listener?: string };
}

async function live({ url }: Replica): Promise<number> {
  return (await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(PATIENCE_MS) })).status;
}
