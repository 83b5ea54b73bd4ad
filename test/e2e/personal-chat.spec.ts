import { expectedText } from '../doubles/openai-stand-in.js';
import { ledgerRows } from '../support/ledger.js';
import { framesUntil, textOf } from '../support/sse-client.js';
import { stage } from '../support/stage.js';
import type { TestUser } from '../support/test-user.js';

const PERSONAL = { workflow: 'personal-chat' };
/** The stand-in says `once. ` with every eleventh token. */
const TWO_SENTENCES = expectedText(22).slice(0, expectedText(22).lastIndexOf('once.') + 5);

describe('a step that says two sentences', () => {
  const on = stage();

  it('ends its answer with the second one, asks for no more, and has paid once', async () => {
    const threadId = await on.alice.newThread(PERSONAL);
    const stream = await on.alice.stream(threadId, 'Go on and on [[tokens=100000 delay=2]]');
    const frames = await framesUntil(stream, 'done');
    await on.standIn.requests.at(-1)!.closed;

    expect(on.standIn.requests).toHaveLength(1);
    expect(textOf(frames)).toBe(TWO_SENTENCES);
    const end = frames.find(({ type, data }) => type === 'ai_response' && data['isComplete'] === true)!.data;
    expect(end).toMatchObject({ finishReason: 'stop', accumulated: TWO_SENTENCES });
    const turnId = frames.at(-1)!.data['turnId'] as string;
    expect(frames.at(-1)!.data).toEqual({ success: true, turnId, status: 'completed' });
    const { messages } = (await on.alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
    expect(messages.at(-1)).toMatchObject({ content: TWO_SENTENCES, status: 'complete' });
    const rows = await ledgerRows(on.server.connectionString, turnId);
    expect(rows).toMatchObject([{ outcome: 'completed', error_code: null, estimated: true }]);
    expect(rows[0]!.input_tokens).toBeGreaterThan(0);
    expect(rows[0]!.output_tokens).toBeGreaterThan(20);
  });

  it('says a shorter answer as it is', async () => {
    const threadId = await on.alice.newThread(PERSONAL);
    const { body } = await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, {
      content: 'Briefly [[tokens=5]]',
    });
    expect(body.response).toBe(expectedText(5));
  });
});

describe('what a user says of themselves', () => {
  const on = stage();
  const PROFILE = { name: 'Ada', language: 'German', tone: null, about: 'I sail around the Horn.' };
  const MEMORY = 'Has a parrot named Bo.';

  /** All that the model was told when the user said something in such a thread. */
  const toldWhen = async (user: TestUser, workflow: string): Promise<string> => {
    const threadId = await user.newThread({ workflow });
    await user.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Hi [[tokens=2]]' });
    return JSON.stringify(on.standIn.requests.at(-1)!.body);
  };

  it('is written, read, listed and deleted', async () => {
    const user = await on.server.user({ sub: 'ada' });
    const none = { name: null, language: null, tone: null, about: null, updatedAt: null };
    expect((await user.ask('GET', '/me/profile')).body).toEqual({ profile: none });
    const put = await user.ask('PUT', '/me/profile', { ...PROFILE, tone: 'dry' });
    expect([put.status, put.body.profile]).toEqual([
      200,
      expect.objectContaining({ ...PROFILE, tone: 'dry' }),
    ]);
    const { name, language, about } = PROFILE;
    const replaced = await user.ask('PUT', '/me/profile', { name, language, about });
    expect((await user.ask('GET', '/me/profile')).body).toEqual(replaced.body);
    expect(replaced.body.profile.tone).toBeNull();

    const ids: string[] = [];
    for (const content of ['one', 'two', 'three']) {
      const { status, body } = await user.ask('POST', '/me/memories', { content });
      expect([status, body.memory.content]).toEqual([201, content]);
      ids.push(body.memory.id);
    }
    const first = (await user.ask('GET', '/me/memories?limit=2')).body;
    expect(first.memories.map(({ content }: { content: string }) => content)).toEqual(['three', 'two']);
    const rest = (await user.ask('GET', `/me/memories?limit=2&cursor=${first.nextCursor}`)).body;
    expect(rest).toEqual({ memories: [expect.objectContaining({ content: 'one' })], nextCursor: null });
    expect((await user.ask('DELETE', `/me/memories/${ids[1]}`)).status).toBe(204);
    expect((await user.ask('DELETE', `/me/memories/${ids[1]}`)).status).toBe(404);
  });

  it('is bounded', async () => {
    const wrong = [
      ['PUT', '/me/profile', { about: 'ä'.repeat(2_049) }],
      ['PUT', '/me/profile', { name: 'x'.repeat(201) }],
      ['PUT', '/me/profile', { name: 'Ada', other: 'x' }],
      ['PUT', '/me/profile', { name: ' ' }],
      ['POST', '/me/memories', { content: 'x'.repeat(1_001) }],
      ['POST', '/me/memories', { content: '' }],
      ['POST', '/me/memories', { content: 'a\0' }],
    ] as const;
    for (const [method, path, body] of wrong) {
      const { status, body: refused } = await on.alice.ask(method, path, body);
      expect([path, status, refused.code]).toEqual([path, 400, 'VALIDATION_FAILED']);
    }
    expect((await on.alice.ask('PUT', '/me/profile', { about: 'ä'.repeat(2_048) })).status).toBe(200);
    expect((await on.alice.ask('GET', '/me/memories?cursor=x')).body.code).toBe('INVALID_CURSOR');
  });

  it('is told to models in steps that say so, in the user’s own turns alone', async () => {
    const ada = await on.server.user({ sub: 'ada-2' });
    await ada.ask('PUT', '/me/profile', PROFILE);
    await ada.ask('POST', '/me/memories', { content: MEMORY });
    const own = await toldWhen(ada, 'personal-chat');
    for (const words of [PROFILE.name, PROFILE.language, PROFILE.about, MEMORY]) expect(own).toContain(words);
    const strangers = [
      await on.server.user({ sub: 'bob' }),
      await on.server.user({ sub: 'ada-2', org: 'globex' }),
    ];
    for (const stranger of strangers) {
      const told = await toldWhen(stranger, 'personal-chat');
      for (const words of [PROFILE.about, MEMORY]) expect(told).not.toContain(words);
    }
    expect(await toldWhen(ada, 'chat')).not.toContain(PROFILE.about);
    await ada.ask('DELETE', '/me');
    expect(await toldWhen(ada, 'personal-chat')).not.toContain(PROFILE.about);
  });
});
