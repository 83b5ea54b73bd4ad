import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startOpenAiStandIn, expectedText, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startServerProcess, type ServerProcess } from '../support/server-process.js';
import { framesUntil, textOf, type ReceivedFrame } from '../support/sse-client.js';

/** Kills a session of the embedded database, which makes Postgres throw all of them out and recover from its log. */
async function crashPostgres(dataDir: string): Promise<void> {
  const lines = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  const client = new pg.Client({
    host: lines[4]!,
    port: Number(lines[3]),
    user: 'threadline',
    database: 'threadline',
  });
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  process.kill(rows[0]!.pid, 'SIGKILL');
  await client.end().catch(() => undefined);
}

describe('a server that is killed while it answers', () => {
  let standIn: OpenAiStandIn;
  let dataDir: string;
  let server: ServerProcess | undefined;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    dataDir = await mkdtemp(join(tmpdir(), 'threadline-crash-'));
    // Otherwise root's data would be kept elsewhere, where the user that Postgres runs as can reach them.
    await chmod(dataDir, 0o711);
  });
  afterAll(async () => {
    await server?.end('SIGINT');
    await standIn?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('has every acknowledged message after the next start, and begins the answer again for whoever watches', async () => {
    const environment = { DATA_DIR: dataDir, OPENAI_URL: standIn.url };
    server = await startServerProcess(environment);
    const alice = await server.user();
    const [done, running] = [await alice.newThread(), await alice.newThread()];
    await alice.ask('POST', `/chat/threads/${done}/messages`, { content: 'Keep me [[tokens=5]]' });
    const stream = await alice.stream(running, 'Kill me [[tokens=400 delay=5]]');
    const seen: ReceivedFrame[] = [];
    while (textOf(seen).length < 100) seen.push((await stream.frames.next()).value!);
    await server.end('SIGKILL');
    const lastId = seen.findLast(({ id }) => id !== undefined)!.id!;

    server = await startServerProcess(environment);
    const again = await server.user();
    const watcher = await again.watch(running, undefined, { 'last-event-id': String(lastId) });
    const rest = await framesUntil(watcher, 'done');
    watcher.close();

    expect(rest.at(-1)?.data['status']).toBe('completed');
    expect(rest.filter(({ type }) => type === 'ai_reset').map(({ data }) => data)).toEqual([
      { messageId: expect.any(String), reason: 'INTERNAL', attempt: 2 },
    ]);
    const text = textOf([...seen, ...rest].filter(({ data }) => data['isComplete'] !== true));
    expect(text).toBe(expectedText(400));
    const { messages } = (await again.ask('GET', `/chat/threads/${running}/messages`)).body;
    expect(messages[0]).toMatchObject({ role: 'user', content: 'Kill me [[tokens=400 delay=5]]' });
    expect(messages[1]).toMatchObject({ role: 'assistant', status: 'complete', content: text });
    const kept = (await again.ask('GET', `/chat/threads/${done}/messages`)).body.messages;
    expect(kept.map(({ content }: { content: string }) => content)).toEqual([
      'Keep me [[tokens=5]]',
      expectedText(5),
    ]);
    const next = await again.ask('POST', `/chat/threads/${running}/messages`, {
      content: 'Go on [[tokens=3]]',
    });
    expect(next.body.response).toBe(expectedText(3));
  }, 120_000);

  it('loses nothing that a watcher has seen when Postgres itself crashes', async () => {
    const alice = await server!.user();
    const threadId = await alice.newThread();
    const stream = await alice.stream(threadId, 'Crash under me [[tokens=500 delay=5]]');
    const seen: ReceivedFrame[] = [];
    while (textOf(seen).length < 100) seen.push((await stream.frames.next()).value!);
    await crashPostgres(dataDir);
    for await (const frame of stream.frames) seen.push(frame);
    while (seen.at(-1)?.type !== 'done') {
      const last = seen.findLast(({ id }) => id !== undefined)!.id!;
      const again = await alice.watch(threadId, undefined, { 'last-event-id': String(last) });
      if (again.response.ok) seen.push(...(await framesUntil(again, 'done')));
      again.close();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }

    const durable = seen.filter(({ id }) => id !== undefined);
    durable.slice(1).forEach(({ id }, at) => expect(id).toBeGreaterThan(durable[at]!.id!));
    const [message] = (await alice.ask('GET', `/chat/threads/${threadId}/messages?order=desc`)).body.messages;
    expect(message.content).toBe(textOf(durable));
    expect(message).toMatchObject({ status: 'complete', content: expectedText(500) });
    expect(seen.map(({ type }) => type)).not.toContain('snapshot');
  }, 120_000);

  it('ends on an interrupt with its database, in the middle of an answer', async () => {
    const alice = await server!.user();
    const threadId = await alice.newThread();
    const stream = await alice.stream(threadId, 'Interrupt me [[tokens=5000 delay=5]]');
    const frames: ReceivedFrame[] = [];
    while (textOf(frames).length < 50) frames.push((await stream.frames.next()).value!);
    const ended = server!.end('SIGINT');
    for await (const frame of stream.frames) frames.push(frame);

    // The turn is left to the next start.
    expect(frames.map(({ type }) => type)).not.toContain('done');
    expect(await ended).toBe(0);
  }, 120_000);
});
