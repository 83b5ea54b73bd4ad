import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectedText, startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { freshDatabase } from '../setup/test-database.js';
import { startByNpm } from '../support/npm-start.js';
import { ReplicaClient } from '../support/replica-client.js';
import { startServerProcess } from '../support/server-process.js';
import { TestUser, tokenFor } from '../support/test-user.js';
import { asksOf, threadProblems } from './checks.js';
import { inParallel, until, Problems, type Outcome, type Telling } from './outcome.js';
import { seeded } from './random.js';
import { Stored } from './stored.js';

export interface RestartsOptions extends Telling {
  /** `npm`: SIGTERM to npm over the embedded database; `process`: to the server itself, over a database elsewhere. */
  readonly way: 'npm' | 'process';
  readonly streams: number;
  readonly tokens: number;
  readonly delayMs: number;
  readonly seed: number;
}

/** A server that can be stopped and started again over the same data. */
interface Place {
  start(environment: Record<string, string>): Promise<Up>;
  clear(): Promise<void>;
}

interface Up {
  readonly url: string;
  readonly connectionString: string;
  /** Resolves when nothing of it is left. */
  stop(): Promise<void>;
}

/** Stops the only process there is while it answers, and starts it again: every turn goes on and ends. */
export async function stopAndStart(options: RestartsOptions): Promise<Outcome> {
  const { way, streams, tokens, delayMs, seed, say = () => undefined } = options;
  const random = seeded(seed);
  const standIn = await startOpenAiStandIn();
  const place = way === 'npm' ? await npmPlace() : await processPlace();
  const environment = { OPENAI_URL: standIn.url, OPENAI_API_KEY: 'a-key', SHUTDOWN_GRACE_MS: '200' };
  const problems = new Problems(say);
  let up: Up | undefined = await place.start(environment);
  let stored: Stored | undefined;
  try {
    const { url } = up;
    const turns = await Promise.all(
      Array.from({ length: streams }, async (_, index) => {
        const token = await tokenFor({ sub: `user-${index}` });
        const user = new TestUser(url, token);
        const content = `Restart ${index} [[tokens=${tokens} delay=${delayMs}]]`;
        const client = new ReplicaClient({
          ...{ token, threadId: await user.newThread(), random: () => random.next() },
          urls: () => (up === undefined ? [] : [up.url]),
          message: { content, key: `restart-${index}` },
        });
        return { content, user, client: client.start() };
      }),
    );
    for (const { client } of turns)
      await client.until(() => client.text().length > 20, 'the beginning of an answer');
    // One more waits in the line of every thread, and nobody waits for it.
    for (const { user, client } of turns)
      void user
        .ask('POST', `/chat/threads/${client.threadId}/messages`, {
          content: QUEUED,
          options: { onBusy: 'queue' },
        })
        .catch(() => undefined);
    stored = new Stored(up.connectionString);
    const waiting = `SELECT count(*)::int AS count FROM turns WHERE status = 'queued'`;
    await until(
      async () => (await stored!.query<{ count: number }>(waiting))[0]!.count === streams,
      'the line of every thread',
    );
    await stored.close();
    const stopping = up;
    up = undefined;
    const askedToStopAt = performance.now();
    await stopping.stop();
    const goneAfter = performance.now() - askedToStopAt;
    say('the server is gone');
    up = await place.start(environment);
    stored = new Stored(up.connectionString);
    for (const { client, content } of turns)
      await client.until(
        () => client.frames.filter(({ type }) => type === 'done').length === 2,
        `the ends of the turns of ${content}`,
      );
    await inParallel(turns, 8, async ({ content, client }) => {
      const own = `${content}:`;
      const asks = asksOf(standIn, content).length;
      if (asks !== 2) problems.add(`${own} the provider was asked ${asks} times`);
      const resets = client.frames.filter(({ type }) => type === 'ai_reset');
      if (resets.length !== 1 || resets[0]!.data['reason'] !== 'SHUTTING_DOWN')
        problems.add(
          `${own} ${resets.length} resets (${resets.map(({ data }) => data['reason']).join(', ')})`,
        );
      for (const { data } of client.frames.filter(({ type }) => type === 'done'))
        if (data['status'] !== 'completed') problems.add(`${own} a turn ended ${data['status']}`);
      await client.stop();
      problems.add(...(await threadProblems(stored!, client.threadId, [client])));
      const messages = await stored!.messages(client.threadId);
      const answers = messages.filter(({ role }) => role === 'assistant');
      if (answers[0]?.content !== expectedText(tokens) || answers[1]?.content !== expectedText(2))
        problems.add(`${own} an answer is not whole`);
      const rows = [...(await stored!.attempts(client.threadId)).values()];
      if (rows.toSorted().join() !== '1,2') problems.add(`${own} the ledger has ${rows.join(' and ')} rows`);
    });
    return {
      figures: { seed, way, streams, 'signal to the end of everything': `${Math.round(goneAfter)} ms` },
      problems: problems.all,
    };
  } finally {
    await stored?.close();
    await up?.stop();
    await place.clear();
    await standIn.close();
  }
}

const QUEUED = 'And then [[tokens=2]]';

async function processPlace(): Promise<Place> {
  const database = await freshDatabase();
  const { connectionString } = database;
  return {
    start: async (environment) => {
      const server = await startServerProcess({ ...environment, DATABASE_URL: connectionString });
      return {
        ...{ url: server.url, connectionString },
        stop: async () => {
          const code = await server.end('SIGTERM');
          if (code !== 0) throw new Error(`the server ended with ${code}: ${server.output()}`);
        },
      };
    },
    clear: () => database.drop(),
  };
}

async function npmPlace(): Promise<Place> {
  const home = await mkdtemp(join(tmpdir(), 'threadline-restart-'));
  // Otherwise root's data would be kept elsewhere, where the user that Postgres runs as can reach them.
  await chmod(home, 0o711);
  return {
    start: async (environment) => {
      const started = await startByNpm(join(home, 'data'), environment);
      return {
        ...{ url: started.url, connectionString: started.connectionString },
        stop: async () => {
          started.child.kill('SIGTERM');
          await until(started.isOver, 'the end of the server behind npm');
        },
      };
    },
    clear: () => rm(home, { recursive: true, force: true }),
  };
}
