import { addDocument, citationsIn } from '../support/retrieval.js';
import { framesUntil, textOf } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

describe('a server without any provider', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server?.close());

  it('answers with the sentence of a document that says it, and its marker', async () => {
    const alice = await server.user();
    await addDocument(
      alice,
      'Holidays',
      'Every employee has thirty days of vacation a year. Ask your lead.',
      {},
    );
    await addDocument(alice, 'Canteen', 'The canteen opens at noon. Vegetarian dishes are on the left.', {});
    const threadId = await alice.newThread();
    const content = 'How many days of vacation do I have?';
    const frames = await framesUntil(await alice.stream(threadId, content), 'done');

    const [first] = citationsIn(frames);
    expect(first).toMatchObject({ marker: '[1]', title: 'Holidays' });
    expect(textOf(frames)).toContain('“Every employee has thirty days of vacation a year.” [1]');
    const { messages } = (await alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
    expect(messages[1]).toMatchObject({
      content: textOf(frames),
      provider: 'local',
      status: 'complete',
      citations: citationsIn(frames),
    });
  });

  it('says how to connect one when no document says anything', async () => {
    const bob = await server.user({ sub: 'bob', org: 'nobody-else' });
    const threadId = await bob.newThread();
    const { body } = await bob.ask('POST', `/chat/threads/${threadId}/messages`, {
      content: 'How many days of vacation do I have?',
    });

    expect(body.response).toContain('OPENAI_API_KEY');
    expect(body.citations).toEqual([]);
  });

  it('quotes nothing that the asker may not read', async () => {
    const boss = await server.user({ sub: 'boss', clearance: 'restricted' });
    const clerk = await server.user({ sub: 'clerk', clearance: 'internal' });
    const text = 'The merger with Albatross Limited is signed in March.';
    await addDocument(boss, 'Merger', text, { securityLevel: 'restricted' });
    const content = 'When is the merger signed?';
    const answerTo = async (user: TestUser) =>
      (await user.ask('POST', `/chat/threads/${await user.newThread()}/messages`, { content })).body.response;

    expect(await answerTo(boss)).toContain(`“${text}” [1]`);
    expect(await answerTo(clerk)).not.toContain('Albatross');
  });
});
