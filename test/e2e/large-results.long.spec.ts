import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { unquoted } from '../doubles/stand-in-words.js';
import { testDatabase } from '../setup/test-database.js';
import { COUNTING_SERVER } from '../support/counted-elsewhere.js';
import { LINE_CHARS, lineAt } from '../support/large-result-tool.js';
import { startServerProcess, type ServerProcess } from '../support/server-process.js';
import { framesUntil } from '../support/sse-client.js';
import type { TestUser } from '../support/test-user.js';

const MEGABYTES = 20;
const SIZE = MEGABYTES * 1_000_000;
const LAST = lineAt(SIZE / LINE_CHARS - 1);
const say = `{{call say_much ${JSON.stringify({ megabytes: MEGABYTES })}}}`;

/** What a message of a model's request says. */
interface Sent {
  readonly role: string;
  readonly content: unknown;
}

describe('a large result', () => {
  let standIn: OpenAiStandIn;
  let server: ServerProcess;
  let user: TestUser;
  let threadId: string;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    const { connectionString: DATABASE_URL } = await testDatabase();
    // Five results of the size that one may have are more than half of it.
    const NODE_OPTIONS = '--max-old-space-size=192';
    server = await startServerProcess(
      { DATABASE_URL, NODE_OPTIONS, OPENAI_URL: standIn.url },
      COUNTING_SERVER,
    );
    user = await server.user();
  });
  beforeEach(async () => {
    threadId = await user.newThread();
  });
  afterAll(async () => {
    await server.end('SIGTERM');
    await standIn.close();
  });

  const post = (content: string) =>
    user.ask('POST', `/chat/threads/${threadId}/messages`, { content, options: { tools: true } });
  const results = async () =>
    (await user.ask('GET', `/chat/threads/${threadId}/messages`)).body.messages.filter(
      ({ role }: Sent) => role === 'tool',
    );
  const fetched = (url: string, token = user.token, method = 'GET') =>
    fetch(server.url + url, { method, headers: { authorization: `Bearer ${token}` } });
  /** What the model was given last of what came of calls. */
  const given = () =>
    (standIn.requests.at(-1)!.body.messages as readonly Sent[])
      .filter(({ role }) => role === 'tool')
      .map(({ content }) => unquoted(String(content)));

  it('is bounded wherever it is told, and served as a whole by reference', async () => {
    const frames = await framesUntil(
      await user.stream(threadId, `Read it. ${say}`, { options: { tools: true } }),
      'done',
    );
    const told = frames.find(({ type }) => type === 'tool_result')!.data;
    expect(JSON.stringify(told).length).toBeLessThan(20_000);
    expect(told).toMatchObject({ ok: true, truncated: true, parts: [{ type: 'text', size: SIZE }] });

    const [model] = given();
    expect(model!.length).toBeLessThan(16_500);
    expect(model!.startsWith(lineAt(0)) && model!.endsWith(LAST)).toBe(true);
    expect(model).toContain(`${SIZE - 16_000} characters are left out here. Read them with read_result`);

    const [message] = await results();
    expect(message.content.length).toBeLessThan(130_000);
    expect(message.parts).toEqual(told.parts);
    const served = await fetched(message.parts[0].url);
    const whole = await served.text();
    expect(whole.length).toBe(SIZE);
    expect(whole.startsWith(lineAt(0)) && whole.endsWith(LAST)).toBe(true);
    expect(Object.fromEntries(served.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(SIZE),
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });

  it('is read on in by the model, in this turn and in later ones', async () => {
    await post(`Read it. ${say}`);
    const [{ toolCallId: callId }] = await results();
    const offset = 15_000_000;
    const read = `{{call read_result ${JSON.stringify({ callId, offset, length: LINE_CHARS })}}}`;
    await post(`Read on. ${read}`);
    expect(given().at(-1)).toBe(
      `${lineAt(offset / LINE_CHARS)}\n\n[Characters ${offset} to ${offset + LINE_CHARS} of ${SIZE}.]`,
    );
    // The former result is in the prompt still, as short as before.
    expect(given()[0]!.length).toBeLessThan(16_500);
  });

  it('may be one of several at once, in a process that has little memory', async () => {
    await post(`Read them. ${say.repeat(5)}`);
    const sizes = (await results()).map(
      ({ parts }: { parts: readonly { size: number }[] }) => parts[0]!.size,
    );
    expect(sizes).toEqual([SIZE, SIZE, SIZE, SIZE, SIZE]);
    expect(server.child.exitCode).toBeNull();
  });

  it('is nobody else’s', async () => {
    await post(`Draw it. {{call say_much {"imageBytes":50000}}}`);
    const [{ parts }] = await results();
    const other = await server.user({ sub: 'other' });
    expect((await fetched(parts[0].url)).status).toBe(200);
    expect((await fetched(parts[0].url, other.token)).status).toBe(404);
    expect((await fetch(server.url + parts[0].url)).status).toBe(401);
    const head = await fetched(parts[0].url, user.token, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '50000']);
    await user.ask('DELETE', `/chat/threads/${threadId}`);
    expect((await fetched(parts[0].url)).status).toBe(404);
  });

  it('that is an image is said to be one to a model that is not known to see', async () => {
    await post(`Draw it. {{call say_much {"imageBytes":50000}}}`);
    expect(given()).toEqual(['[an image (PNG, 50 kB) that you cannot see; the user is shown it]']);
    const [{ content, parts }] = await results();
    expect(content).toBe('[image: PNG, 50 kB]');
    const served = await fetched(parts[0].url);
    expect(served.headers.get('content-type')).toBe('image/png');
    expect((await served.arrayBuffer()).byteLength).toBe(50_000);
  });
});
