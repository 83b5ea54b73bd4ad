import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { framesUntil, textOf } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { tokenFor, type TestUser } from '../support/test-user.js';

/** Its text goes over the wire three times, which is more than the four megabytes that the system takes by itself. */
const LONG_TOKENS = 200_000;
const LONG = `Long [[tokens=${LONG_TOKENS} perWrite=500]]`;
/** The same for a wire that says everything once. */
const LONG_ONCE = 'Long [[tokens=420000 perWrite=500]]';
const TIME_OUT = '500ms';
const BITE = 1_500_000;

/** A client on a bare socket, which can leave what comes lying. */
class BareReader {
  readonly socket: Socket;
  text = '';

  constructor(server: TestServer, request: string) {
    const { hostname, port } = new URL(server.url);
    this.socket = connect({ host: hostname, port: Number(port) });
    this.socket.on('error', () => undefined);
    this.socket.pause();
    this.socket.write(request);
    this.socket.on('data', (chunk: Buffer) => (this.text += chunk.toString('latin1')));
    this.socket.pause();
  }

  get closed(): Promise<unknown> {
    return this.socket.closed ? Promise.resolve() : once(this.socket, 'close');
  }

  /** Reads until the stream has begun, and then no more: what waits in the system could all be read in one go. */
  async begun(): Promise<void> {
    this.socket.once('data', () => this.socket.pause());
    this.socket.resume();
    await this.until((text) => text.includes('\r\n\r\n'));
  }

  async until(isThere: (text: string) => boolean): Promise<void> {
    while (!isThere(this.text) && !this.socket.closed) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a slow reader', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let alice: TestUser;
  let token: string;
  const readers: BareReader[] = [];
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    server = await startTestServer({
      OPENAI_URL: standIn.url,
      STREAM_STALL_TIMEOUT: TIME_OUT,
      MAX_ANSWER_CHARS: '50000000',
    });
    alice = await server.user();
    token = await tokenFor({});
  });
  afterEach(() => readers.splice(0).forEach(({ socket }) => socket.destroy()));
  afterAll(async () => {
    await server?.close();
    await standIn?.close();
  });

  const bare = (method: string, path: string, body?: unknown): BareReader => {
    const json = body === undefined ? '' : JSON.stringify(body);
    const head = [
      `${method} ${path} HTTP/1.1`,
      'Host: 127.0.0.1',
      `Authorization: Bearer ${token}`,
      ...(body === undefined
        ? []
        : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(json)}`]),
    ];
    const reader = new BareReader(server, `${head.join('\r\n')}\r\n\r\n${json}`);
    readers.push(reader);
    return reader;
  };

  const longThread = async (): Promise<string> => {
    const threadId = await alice.newThread();
    await alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: LONG });
    return threadId;
  };

  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };

  const untilClosed = async (): Promise<void> => {
    while ((await metric('threadline_open_streams')) !== 0)
      await new Promise((resolve) => setTimeout(resolve, 10));
  };

  it('that takes nothing is closed after the time-out, and comes back to the rest', async () => {
    const threadId = await longThread();
    const stalled = bare('GET', `/chat/threads/${threadId}/stream`);
    await stalled.begun();
    await untilClosed();
    expect(await metric('threadline_stalled_streams_total')).toBe(1);
    // What was on the way when the server gave up can still be read, and is less than everything.
    stalled.socket.resume();
    await stalled.closed;
    expect(stalled.text).not.toContain('"type":"done"');

    // A client counts an event only when all of it has come.
    const complete = stalled.text.slice(0, stalled.text.lastIndexOf('\n\n'));
    const last = Number([...complete.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? 0);
    const before = await alice.watch(threadId, 0);
    const all = await framesUntil(before, 'done');
    before.close();
    const rest = await alice.watch(threadId, last);
    const frames = await framesUntil(rest, 'done');
    rest.close();

    expect(textOf(all)).toBe(expectedText(LONG_TOKENS));
    expect(frames.slice(1)).toEqual(all.filter(({ id }) => id !== undefined && id > last));
  }, 120_000);

  it('that takes a little now and then is not closed, and gets everything', async () => {
    const threadId = await longThread();
    const slow = bare('GET', `/chat/threads/${threadId}/stream`);
    // The system tells the server of room only when about a third of its buffer is free: not too little at a time.
    const isThrough = () => slow.text.slice(-1_000).includes('"type":"done"');
    for (let bytes = BITE; bytes < 4 * BITE && !isThrough(); bytes += BITE) {
      slow.socket.resume();
      await slow.until((text) => text.length >= bytes);
      slow.socket.pause();
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(slow.socket.closed).toBe(false);
    slow.socket.resume();
    await slow.until((text) => text.includes('"type":"done"'));

    expect(slow.text).toContain('"type":"done"');
  }, 120_000);

  it('in another system’s wire is closed in the same way', async () => {
    const stalled = bare('POST', '/chat', { message: LONG_ONCE, stream: true });
    await stalled.begun();
    await untilClosed();
    stalled.socket.resume();
    await stalled.closed;

    expect(stalled.text).toContain('data: ');
    expect(stalled.text).not.toContain('[DONE]');
  }, 120_000);

  it('that has nothing to read is not closed', async () => {
    const threadId = await alice.newThread();
    const idle = bare('GET', `/chat/threads/${threadId}/stream`);
    idle.socket.resume();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Hi [[tokens=3]]' });
    await idle.until((text) => text.includes('"type":"done"'));

    expect(idle.text).toContain('"type":"done"');
  });

  it('does not keep others from reading, and ends with the same text as they', async () => {
    const threadId = await alice.newThread();
    const stalled = Array.from({ length: 20 }, () => bare('GET', `/chat/threads/${threadId}/stream`));
    const healthy = await Promise.all(Array.from({ length: 5 }, () => alice.watch(threadId, 0)));
    const reading = healthy.map((stream) => framesUntil(stream, 'done'));
    await alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Go [[tokens=3000]]' });
    for (const frames of await Promise.all(reading)) expect(textOf(frames)).toBe(expectedText(3_000));
    for (const { socket } of stalled) socket.resume();
    await Promise.all(stalled.map((reader) => reader.until((text) => text.includes('"type":"done"'))));

    const ends = stalled.map(({ text }) => text.includes('"type":"done"'));
    expect(ends).toEqual(stalled.map(() => true));
    for (const stream of healthy) stream.close();
  });
});
