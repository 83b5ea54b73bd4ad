import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOpenAiStandIn, expectedText, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startServerProcess, type ServerProcess } from '../support/server-process.js';
import { framesUntil, textOf, type ReceivedFrame } from '../support/sse-client.js';

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

  it('has every acknowledged message after the next start, and its turn ends interrupted with what was seen', async () => {
    const environment = { DATA_DIR: dataDir, OPENAI_URL: standIn.url };
    server = await startServerProcess(environment);
    const alice = await server.user();
    const [done, running] = [await alice.newThread(), await alice.newThread()];
    await alice.ask('POST', `/chat/threads/${done}/messages`, { content: 'Keep me [[tokens=5]]' });
    const stream = await alice.stream(running, 'Kill me [[tokens=5000 delay=5]]');
    const seen: ReceivedFrame[] = [];
    while (textOf(seen).length < 100) seen.push((await stream.frames.next()).value!);
    await server.end('SIGKILL');
    const lastId = seen.findLast(({ id }) => id !== undefined)!.id!;

    server = await startServerProcess(environment);
    const again = await server.user();
    const watcher = await again.watch(running, undefined, { 'last-event-id': String(lastId) });
    const rest = await framesUntil(watcher, 'done');
    watcher.close();

    expect(rest.slice(-2).map(({ type, data }) => [type, data['retryable'] ?? data['status']])).toEqual([
      ['error', true],
      ['done', 'interrupted'],
    ]);
    const text = textOf([...seen, ...rest]);
    expect(expectedText(5000).startsWith(text)).toBe(true);
    const { messages } = (await again.ask('GET', `/chat/threads/${running}/messages`)).body;
    expect(messages[0]).toMatchObject({ role: 'user', content: 'Kill me [[tokens=5000 delay=5]]' });
    expect(messages[1]).toMatchObject({ role: 'assistant', status: 'interrupted', content: text });
    const kept = (await again.ask('GET', `/chat/threads/${done}/messages`)).body.messages;
    expect(kept.map(({ content }: { content: string }) => content)).toEqual([
      'Keep me [[tokens=5]]',
      expectedText(5),
    ]);
    const next = await again.ask('POST', `/chat/threads/${running}/messages`, {
      content: 'Go on [[tokens=3]]',
    });
    expect(next.body.response).toBe(expectedText(3));
  }, 60_000);

  it('ends on an interrupt with its database, in the middle of an answer', async () => {
    const alice = await server!.user();
    const threadId = await alice.newThread();
    const stream = await alice.stream(threadId, 'Interrupt me [[tokens=5000 delay=5]]');
    const frames: ReceivedFrame[] = [];
    while (textOf(frames).length < 50) frames.push((await stream.frames.next()).value!);
    const ended = server!.end('SIGINT');
    frames.push(...(await framesUntil(stream, 'done')));

    expect(frames.at(-1)?.data['status']).toBe('interrupted');
    expect(await ended).toBe(0);
  }, 30_000);
});
