import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  expectedText,
  startOpenAiStandIn,
  type Behaviour,
  type OpenAiStandIn,
} from '../doubles/openai-stand-in.js';
import { ledgerRows } from '../support/ledger.js';
import { framesUntil, textOf } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

/** A provider, another one to fall back to, and a server over both. */
function twoProviders(settings: Record<string, string> = {}) {
  const set: { primary?: OpenAiStandIn; spare?: OpenAiStandIn; server?: TestServer; alice?: TestUser } = {};
  let folder: string;

  beforeAll(async () => {
    [set.primary, set.spare] = await Promise.all([startOpenAiStandIn(), startOpenAiStandIn()]);
    folder = await mkdtemp(join(tmpdir(), 'threadline-providers-'));
    const file = join(folder, 'providers.json');
    const spare = { type: 'openai', url: set.spare.url, defaultModel: 'spare-model' };
    await writeFile(file, JSON.stringify({ providers: { spare } }));
    set.server = await startTestServer({
      OPENAI_URL: set.primary.url,
      LLM_PROVIDERS_FILE: file,
      LLM_FALLBACKS: 'spare',
      LLM_MAX_RETRIES: '0',
      LLM_BREAKER_THRESHOLD: '1000',
      ...settings,
    });
    set.alice = await set.server.user();
  });

  afterAll(async () => {
    await set.server?.close();
    await Promise.all([set.primary?.close(), set.spare?.close()]);
    await rm(folder, { recursive: true, force: true });
  });

  return {
    get primary() {
      return set.primary!;
    },
    get spare() {
      return set.spare!;
    },
    get server() {
      return set.server!;
    },
    get alice() {
      return set.alice!;
    },
  };
}

describe('a provider that dies while it answers', () => {
  const on = twoProviders();

  const cut = (at: number): Partial<Behaviour> => ({ tokens: 80, delay: 1, fault: 'cut', at });

  it.each<[string, Partial<Behaviour>, boolean]>([
    ['before the first token', cut(0), false],
    ['after one token', cut(1), true],
    ['after fifty tokens', cut(50), true],
    ['in the middle of the arguments of a tool call', { tokens: 0, tools: 2, fault: 'tool_cut' }, false],
  ])('%s: the next one answers, and watchers hold its text alone', async (_, behaviour, isReset) => {
    on.primary.script(behaviour);
    on.spare.script({ tokens: 30 });
    const threadId = await on.alice.newThread();
    const watching = await on.alice.watch(threadId);
    const frames = await framesUntil(await on.alice.stream(threadId, 'Tell me'), 'done');
    const seen = await framesUntil(watching, 'done');
    watching.close();

    const turnId = frames[0]!.data['turnId'];
    expect(frames.at(-1)?.data).toMatchObject({ success: true });
    const { messages } = (await on.alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
    expect(messages[1]).toMatchObject({ content: expectedText(30), provider: 'spare', model: 'spare-model' });
    for (const watched of [frames, seen]) {
      expect(textOf(watched)).toBe(expectedText(30));
      expect(watched.filter(({ type }) => type === 'ai_reset').map(({ data }) => data)).toEqual(
        isReset ? [{ messageId: messages[1].id, reason: 'PROVIDER_ERROR', attempt: 2 }] : [],
      );
    }
    expect(await ledgerRows(on.server.connectionString, turnId)).toMatchObject([
      { provider: 'openai', outcome: 'failed', error_code: 'PROVIDER_ERROR', estimated: true },
      { provider: 'spare', outcome: 'completed', error_code: null, estimated: false },
    ]);
  });

  it('is no reason to ask another one when the request itself is at fault', async () => {
    on.primary.script({ fault: 'context_length' });
    const before = on.spare.requests.length;
    const threadId = await on.alice.newThread();
    const answer = await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Too long' });
    expect([answer.status, answer.body.code]).toEqual([422, 'CONTEXT_TOO_LONG']);
    expect(on.spare.requests).toHaveLength(before);
  });
});

describe('a provider that keeps failing', () => {
  const on = twoProviders({ LLM_BREAKER_THRESHOLD: '3', LLM_BREAKER_COOLDOWN_MS: '1500' });

  const post = async () => {
    const threadId = await on.alice.newThread();
    return on.alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Hello [[tokens=3]]' });
  };
  const health = async (name: string) => {
    const { providers } = (await on.alice.ask('GET', '/providers/health')).body;
    return providers.find((entry: { provider: string }) => entry.provider === name);
  };

  it('is left alone until one request has found it alive, and the others go on', async () => {
    on.primary.script(...Array<Partial<Behaviour>>(3).fill({ fault: 'server_error', at: 0 }));
    for (let round = 0; round < 3; round += 1) expect((await post()).body.message.provider).toBe('spare');
    expect(on.primary.requests).toHaveLength(3);

    for (let round = 0; round < 5; round += 1) expect((await post()).body.message.provider).toBe('spare');
    expect(on.primary.requests).toHaveLength(3);
    expect((await health('openai')).breakers).toMatchObject([{ state: 'open', failures: 3 }]);
    expect((await health('openai')).state).toBe('degraded');
    expect((await health('spare')).breakers).toMatchObject([{ state: 'closed' }]);

    await new Promise((resolve) => setTimeout(resolve, 1_600));
    expect((await post()).body.message.provider).toBe('openai');
    expect(on.primary.requests).toHaveLength(4);
    expect((await health('openai')).breakers).toMatchObject([{ state: 'closed', failures: 0 }]);
  });
});

describe('two servers on one database', () => {
  const on = twoProviders();

  it('both ask the provider that an organisation selected on one of them, and others what an operator did', async () => {
    const other = await startTestServer({
      DATABASE_URL: on.server.connectionString,
      OPENAI_URL: on.primary.url,
      OLLAMA_URL: on.spare.url,
    });
    try {
      const bob = await other.user({ sub: 'bob' });
      const current = async () => (await bob.ask('GET', '/providers')).body.current;
      const admin = await on.server.user({ sub: 'root', roles: ['user', 'admin'] });
      expect((await on.alice.ask('POST', '/providers/local/select')).status).toBe(403);
      expect(await current()).toBe('openai');
      const { body } = await admin.ask('POST', '/providers/local/select');
      expect(body).toEqual({ success: true, provider: 'local', message: 'Switched to provider: local' });
      const deadline = Date.now() + 2_000;
      while ((await current()) !== 'local' && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(await current()).toBe('local');
      const threadId = await bob.newThread();
      const answer = await bob.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Who are you?' });
      expect(answer.body.message.provider).toBe('local');

      const eve = await other.user({ sub: 'eve', org: 'umbrella' });
      const currentOf = async (user: typeof eve) => (await user.ask('GET', '/providers')).body.current;
      expect(await currentOf(eve)).toBe('openai');
      expect((await admin.ask('POST', '/providers/ollama/select?scope=all')).status).toBe(403);
      const operator = await other.user({ sub: 'ops', org: 'house', roles: ['operator'] });
      expect((await operator.ask('POST', '/providers/ollama/select?scope=all')).status).toBe(200);
      expect([await currentOf(eve), await currentOf(bob)]).toEqual(['ollama', 'local']);
      expect((await eve.ask('GET', '/health')).body.current_provider).toBe('ollama');
    } finally {
      await other.close();
    }
  });
});
