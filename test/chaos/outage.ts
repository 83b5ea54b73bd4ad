import { setTimeout as sleep } from 'node:timers/promises';
import { expectedText, startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster } from '../support/cluster.js';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.js';
import { ReplicaClient } from '../support/replica-client.js';
import type { TestUser } from '../support/test-user.js';
import { asksOf, threadProblems } from './checks.js';
import { spread, until, Problems, type Outcome, type Telling } from './outcome.js';
import { Stored } from './stored.js';

/** How the database goes away: in order, as in a crash, or so that nothing answers and no connection ends. */
export const OUTAGES = ['stopped', 'crashed', 'frozen'] as const;
export type Outage = (typeof OUTAGES)[number];

export interface OutageOptions extends Telling {
  readonly outages: readonly Outage[];
  readonly downMs: number;
  readonly environment?: Record<string, string>;
}

interface Running {
  readonly name: string;
  readonly user: TestUser;
  readonly threadId: string;
  readonly content: string;
  readonly tokens: number;
  /** None for a turn that nobody watches. */
  readonly client: ReplicaClient | undefined;
}

/** Takes the database away in the middle of turns, watched ones and others, of which some end meanwhile. */
export async function databaseOutage({ outages, downMs, environment, say }: OutageOptions): Promise<Outcome> {
  const standIn = await startOpenAiStandIn();
  const postgres = await startPostgresServer();
  const { connectionString } = postgres;
  const cluster = await Cluster.start({
    roles: ['all'],
    standIn,
    connectionString,
    environment: environment ?? {},
  });
  const stored = new Stored(connectionString);
  const problems = new Problems(say);
  const backAfter: number[] = [];
  const endings: Record<string, number> = {};
  try {
    const [server] = cluster.serving;
    for (const outage of outages) {
      const turns = await Promise.all([
        begin(cluster, `${outage}, long and watched`, { tokens: 1_000, isWatched: true }),
        begin(cluster, `${outage}, long and alone`, { tokens: 1_000, isWatched: false }),
        begin(cluster, `${outage}, short and watched`, { tokens: 150, isWatched: true }),
        begin(cluster, `${outage}, short and alone`, { tokens: 150, isWatched: false }),
      ]);
      for (const { content } of turns)
        await until(() => asksOf(standIn, content).length === 1, `the request for ${content}`);
      await sleep(400);
      await takeAway(postgres, outage, downMs);
      const backAt = performance.now();
      for (const turn of turns) {
        const ending = await settled(stored, turn);
        endings[ending] = (endings[ending] ?? 0) + 1;
        problems.add(...(await outcomeProblems(stored, turn, ending)));
      }
      backAfter.push(performance.now() - backAt);
      if (server!.process.child.exitCode !== null) problems.add(`${outage}: the process ended`);
      const output = server!.process.output();
      if (/unhandled|uncaught/i.test(output)) problems.add(`${outage}: ${output.slice(-500)}`);
      say?.(`${outage}: ${problems.count} problems`);
    }
    return {
      figures: {
        outages: outages.join(', '),
        'down for': `${downMs} ms`,
        'turns ended': Object.entries(endings)
          .map(([status, count]) => `${count} ${status}`)
          .join(', '),
        'back to all ended': spread(backAfter),
      },
      problems: problems.all,
    };
  } finally {
    await stored.close();
    await cluster.close();
    await postgres.close();
    await standIn.close();
  }
}

async function begin(
  cluster: Cluster,
  name: string,
  { tokens, isWatched }: { readonly tokens: number; readonly isWatched: boolean },
): Promise<Running> {
  const user = await cluster.user(cluster.serving[0]!, { sub: name.replaceAll(/\W/g, '') });
  const threadId = await user.newThread();
  const content = `${name} [[tokens=${tokens} delay=8]]`;
  const posted = await user.stream(threadId, content);
  await posted.frames.next();
  posted.close();
  const client = isWatched
    ? new ReplicaClient({
        ...{ token: user.token, threadId, random: Math.random },
        urls: () => cluster.urls(),
        // While the database is away the server says so.
        passing: [500, 502, 503, 504],
      }).start()
    : undefined;
  return { name, user, threadId, content, tokens, client };
}

async function takeAway(postgres: PostgresServer, outage: Outage, downMs: number): Promise<void> {
  if (outage === 'frozen') {
    postgres.freeze();
    await sleep(downMs);
    postgres.thaw();
    return;
  }
  await postgres.stop(outage === 'stopped' ? 'fast' : 'immediate');
  await sleep(downMs);
  await postgres.start();
}

/** How the turn ended. */
async function settled(stored: Stored, { threadId, name, client }: Running): Promise<string> {
  let ending = '';
  await until(
    async () => {
      // The pool that looks may have lost its connections too.
      ending = (await stored.turns(threadId).catch(() => []))[0]?.status ?? '';
      return !['', 'queued', 'running', 'waiting'].includes(ending);
    },
    `the end of ${name}`,
    60_000,
  );
  await client?.until(() => client.done() !== undefined, `the end of ${name} for its watcher`);
  return ending;
}

async function outcomeProblems(stored: Stored, turn: Running, ending: string): Promise<string[]> {
  const { name, user, threadId, content, tokens, client } = turn;
  const problems: string[] = [];
  const events = await stored.events(threadId);
  const answer = (await stored.messages(threadId)).at(-1)!;
  if (ending === 'completed') {
    if (answer.content !== expectedText(tokens)) problems.push(`${name}: completed, but not whole`);
  } else {
    const error = events.findLast(({ type }) => type === 'error')?.data;
    if (typeof error?.['message'] !== 'string' || error['message'] === '')
      problems.push(`${name}: ended ${ending} without words`);
    if (!expectedText(tokens).startsWith(answer.content)) problems.push(`${name}: something else is stored`);
  }
  await client?.stop();
  problems.push(...(await threadProblems(stored, threadId, client === undefined ? [] : [client])));
  const next = await user.ask('POST', `/chat/threads/${threadId}/messages`, {
    content: `After ${content.replace(/\[\[.*/, '[[tokens=4]]')}`,
  });
  if (next.body.response !== expectedText(4))
    problems.push(`${name}: the next message was answered ${next.status} ${next.body.code ?? ''}`);
  return problems;
}
