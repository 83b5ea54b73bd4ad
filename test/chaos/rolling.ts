import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { expectedText, startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster } from '../support/cluster.js';
import { freePort } from '../support/free-port.js';
import { startNginx } from '../support/nginx.js';
import { ReplicaClient } from '../support/replica-client.js';
import { asksOf, threadProblems } from './checks.js';
import { inParallel, spread, Problems, type Outcome, type Telling } from './outcome.js';
import { seeded } from './random.js';
import { Stored } from './stored.js';

export interface RollingOptions extends Telling {
  readonly streams: number;
  readonly tokens: number;
  readonly delayMs: number;
  readonly graceMs: number;
  readonly seed: number;
  /** How often the provider may be asked for one turn: once where the grace is long enough for all of them. */
  readonly mostAsks: number;
  readonly environment?: Record<string, string>;
}

/** Replaces the process behind nginx while turns are answered: the new one comes up, the old one is asked to stop. */
export async function rollingRestart(options: RollingOptions): Promise<Outcome> {
  const { streams, tokens, delayMs, graceMs, seed, mostAsks, say = () => undefined } = options;
  const random = seeded(seed);
  const standIn = await startOpenAiStandIn();
  const ports = [await freePort(), await freePort()] as const;
  const nginx = await startNginx('example', ports);
  const environment = { SHUTDOWN_GRACE_MS: String(graceMs), ...options.environment };
  const cluster = await Cluster.start({ roles: [], standIn, environment });
  const stored = new Stored(cluster.connectionString);
  const problems = new Problems(say);
  let way: Server | undefined;
  try {
    const old = await cluster.add('all', { PORT: String(ports[0]) });
    // It takes a while to come up, so it does before the turns begin; for nginx it is there when it is needed.
    const next = await cluster.add('all');
    const turns = await Promise.all(
      Array.from({ length: streams }, async (_, index) => {
        const user = await cluster.user({ ...old, url: nginx.url }, { sub: `user-${index}` });
        const content = `Roll ${index} [[tokens=${tokens} delay=${delayMs}]]`;
        const client = new ReplicaClient({
          ...{ token: user.token, threadId: await user.newThread(), random: () => random.next() },
          urls: () => [nginx.url],
          message: { content, key: `roll-${index}` },
        });
        return { content, user, client: client.start() };
      }),
    );
    for (const { client } of turns)
      await client.until(() => client.text().length > 20, 'the beginning of an answer');
    way = await openWay(ports[1], Number(new URL(next.url).port));
    const askedToStopAt = performance.now();
    const code = await cluster.retire(old);
    const goneAfter = performance.now() - askedToStopAt;
    if (code !== 0) problems.add(`the old process ended with ${code}`);
    for (const { client, content } of turns)
      await client.until(() => client.done() !== undefined, `the end of ${content}`);
    const endedAfter = turns.map(({ client }) => client.done()!.receivedAt - askedToStopAt);
    say('every turn has ended');
    let asked = 0;
    let resets = 0;
    await inParallel(turns, 8, async ({ content, client, user }) => {
      const asks = asksOf(standIn, content).length;
      asked += asks;
      resets += client.frames.filter(({ type }) => type === 'ai_reset').length;
      if (asks > mostAsks) problems.add(`${content}: the provider was asked ${asks} times`);
      if (client.text() !== expectedText(tokens)) problems.add(`${content}: the answer is not whole`);
      if (client.done()!.data['status'] !== 'completed')
        problems.add(`${content}: ended ${client.done()!.data['status']}`);
      await client.stop();
      problems.add(...(await threadProblems(stored, client.threadId, [client])));
      const next = await user.ask('POST', `/chat/threads/${client.threadId}/messages`, {
        content: `Then ${content.replace(/\[\[.*/, '[[tokens=3]]')}`,
      });
      if (next.body.response !== expectedText(3))
        problems.add(`${content}: the next message was answered ${next.status} ${next.body.code}`);
    });
    return {
      figures: {
        seed,
        streams,
        grace: `${graceMs} ms`,
        'signal to exit': `${Math.round(goneAfter)} ms`,
        'signal to the end of a turn': spread(endedAfter),
        'times the provider was asked': asked,
        resets,
        'answers other than a stream': refusalsOf(turns.map(({ client }) => client)),
        'streams ended and resumed': turns.reduce((sum, { client }) => sum + client.breaks, 0),
      },
      problems: problems.all,
    };
  } finally {
    await stored.close();
    way?.close();
    await cluster.close();
    await nginx.close();
    await standIn.close();
  }
}

function refusalsOf(clients: readonly ReplicaClient[]): string {
  const counts: Record<string, number> = {};
  for (const { refusals } of clients)
    for (const [status, count] of Object.entries(refusals)) counts[status] = (counts[status] ?? 0) + count;
  const shown = Object.entries(counts).map(([status, count]) => `${count} × ${status}`);
  return shown.length === 0 ? 'none' : shown.join(', ');
}

/** From now on somebody listens at the port: the process at the other one. */
async function openWay(from: number, to: number): Promise<Server> {
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    client.once('close', () => upstream.destroy()).on('error', () => client.destroy());
    upstream.once('close', () => client.destroy()).on('error', () => upstream.destroy());
    client.pipe(upstream).pipe(client);
  }).listen(from, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
