import {
  startScriptedProvider,
  type ScriptedAnswer,
  type ScriptedProvider,
} from '../doubles/scripted-provider.js';
import { framesUntil } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';

let scripted: ScriptedProvider;
let server: TestServer;
let admin: TestUser;
beforeAll(async () => {
  scripted = await startScriptedProvider();
  server = await startTestServer({
    OPENAI_URL: scripted.url,
    OPENAI_API_KEY: 'scripted',
    DEFAULT_PROVIDER: 'openai',
  });
  admin = await server.user({ sub: 'adam', org: 'ours', roles: ['user', 'admin'] });
});
afterAll(async () => {
  await server?.close();
  await scripted?.close();
});

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const says = (text: string): ScriptedAnswer => ({
  contentType: 'text/event-stream',
  steps: [chunk({ content: text }), chunk({}, 'stop'), 'data: [DONE]\n\n'],
});

const TEA = {
  title: 'Tea',
  start: 'read',
  steps: [
    {
      ...{ id: 'read', kind: 'extract', title: 'Read', needsMessage: true, next: 'way' },
      schema: { type: 'object', properties: { drink: { type: 'string' } }, required: ['drink'] },
    },
    {
      ...{ id: 'way', kind: 'branch', title: 'Which "way"?', next: 'other' },
      cases: [{ when: 'state.read.drink == "tea"', to: 'ask' }],
    },
    {
      ...{
        id: 'ask',
        kind: 'human',
        title: 'Ask',
        prompt: '{{state.read.drink}} for the user?',
        role: 'cook',
      },
      ...{ expiresInSeconds: 3_600, next: 'serve' },
      schema: { type: 'object', properties: { milk: { type: 'boolean' } }, required: ['milk'] },
    },
    { id: 'serve', kind: 'generate', title: 'Serve', prompt: 'With milk: {{state.ask.milk}}.' },
    { id: 'other', title: 'Other' },
  ],
};

const graphOf = async (user: TestUser, path: string): Promise<readonly [status: number, text: string]> => {
  const headers = { authorization: `Bearer ${user.token}` };
  const response = await fetch(new URL(`/workflows/${path}`, server.url), { headers });
  return [response.status, await response.text()];
};

describe('a workflow that an organisation defines', () => {
  it('is published by its administrators, checked with the path of each mistake, and theirs alone', async () => {
    const wrong = { ...TEA, steps: [{ ...TEA.steps[0], next: 'nowhere' }, ...TEA.steps.slice(1)] };
    for (const [method, path] of [
      ['POST', '/workflows/tea/validate'],
      ['PUT', '/workflows/tea'],
    ] as const)
      expect(await admin.ask(method, path, wrong)).toMatchObject({
        status: 400,
        body: { code: 'VALIDATION_FAILED', details: { issues: [{ path: 'steps.0.next' }] } },
      });
    expect(await admin.ask('GET', '/workflows/tea')).toMatchObject({ status: 404 });
    expect(await admin.ask('POST', '/workflows/tea/validate', TEA)).toMatchObject({
      status: 200,
      body: { valid: true },
    });
    const ulla = await server.user({ sub: 'ulla', org: 'ours', roles: ['user'] });
    expect(await ulla.ask('PUT', '/workflows/tea', TEA)).toMatchObject({ status: 403 });
    expect(await admin.ask('PUT', '/workflows/tea', TEA)).toMatchObject({
      status: 200,
      body: { workflow: { name: 'tea', version: 1, title: 'Tea' } },
    });
    expect(await ulla.ask('GET', '/workflows/tea')).toMatchObject({
      status: 200,
      body: { workflow: { version: 1 } },
    });
    const others = await server.user({ sub: 'adam', org: 'theirs', roles: ['user', 'admin'] });
    expect(await others.ask('GET', '/workflows/tea')).toMatchObject({ status: 404 });
    expect(await others.ask('POST', '/chat/threads', { workflow: 'tea' })).toMatchObject({
      status: 400,
      body: { code: 'UNKNOWN_WORKFLOW' },
    });
    expect((await admin.ask('GET', '/workflows/schema')).body).toMatchObject({
      $defs: { Workflow: { type: 'object', properties: { steps: {} } } },
    });
  });

  it('runs on the version that it began with, and is shown as data and as a graph', async () => {
    scripted.answer(says('{"drink":"tea"}'));
    const threadId = await admin.newThread({ workflow: 'tea' });
    const frames = await framesUntil(await admin.stream(threadId, 'Tea, please.'), 'suspended');
    const statuses = frames
      .filter(({ type }) => type === 'workflow_status')
      .map(({ data }) => `${String(data['status'])} ${String(data['step'])}`);
    expect(statuses).toEqual([
      ...['started read', 'step_started read', 'step_completed read', 'transitioned way'],
      ...['step_started way', 'step_completed way', 'transitioned ask', 'step_started ask', 'waiting ask'],
    ]);
    const { inputIds } = frames.at(-1)!.data as { inputIds: string[] };
    const { body: pinned } = await admin.ask('GET', `/chat/threads/${threadId}/workflow`);
    expect(pinned).toMatchObject({ workflow: 'tea', version: 1, run: { step: 'ask', status: 'waiting' } });
    const runId = pinned.run.id as string;
    expect((await admin.ask('GET', `/workflows/runs/${runId}`)).body.run).toMatchObject({
      active: [{ at: 'ask' }],
      steps: [
        { step: 'read', status: 'completed' },
        { step: 'way', status: 'completed' },
      ],
      state: { read: { drink: 'tea' } },
      inputs: [{ id: inputIds[0], prompt: 'tea for the user?', role: 'cook' }],
    });
    const [, text] = await graphOf(admin, `tea/graph?run=${runId}`);
    expect(text).toContain('class s_read completed');
    expect(text).toContain('class s_ask waiting');
    const stranger = await server.user({ sub: 'eve', org: 'ours', roles: ['user'] });
    expect((await graphOf(stranger, `tea/graph?run=${runId}`))[0]).toBe(404);
    expect(await stranger.ask('GET', `/workflows/runs/${runId}`)).toMatchObject({ status: 404 });

    const renamed = {
      ...TEA,
      steps: TEA.steps.map((step) => (step.id === 'serve' ? { ...step, title: 'Bring' } : step)),
    };
    expect(await admin.ask('PUT', '/workflows/tea', renamed)).toMatchObject({
      body: { workflow: { version: 2 } },
    });
    expect(await admin.ask('DELETE', '/workflows/tea?version=1')).toMatchObject({
      status: 409,
      body: { code: 'STATE_CONFLICT' },
    });
    scripted.answer(says('Here it is.'));
    const answer = { action: 'accept', content: { milk: true } };
    expect(await admin.ask('POST', `/inputs/${inputIds[0]}`, answer)).toMatchObject({ status: 202 });
    expect(await admin.ask('POST', `/inputs/${inputIds[0]}`, answer)).toMatchObject({
      status: 409,
      body: { code: 'STATE_CONFLICT' },
    });
    await until(async () => {
      const { body } = await admin.ask('GET', `/workflows/runs/${runId}`);
      return body.run.status === 'completed';
    });
    expect((await admin.ask('GET', `/workflows/runs/${runId}`)).body.run).toMatchObject({
      version: 1,
      step: 'serve',
    });
    const { body: next } = await admin.ask('POST', '/chat/threads', { workflow: 'tea' });
    expect(next.thread).toMatchObject({ workflow: 'tea', workflowVersion: 2 });
    expect(await admin.ask('DELETE', '/workflows/tea?version=1')).toMatchObject({ status: 204 });
  });
});

describe('the workflows of the server', () => {
  it.each([
    ['chat', 'done'],
    ['guided-intake', 'done'],
    ['support-triage', 'done'],
    ['document-answers', 'done'],
    ['two-reviews', 'suspended'],
  ])('%s answers with the local model', async (workflow, end) => {
    const threadId = await admin.newThread({ workflow });
    const stream = await admin.stream(threadId, 'What is on the third floor?', { provider: 'local' });
    const frames = await framesUntil(stream, end);
    expect(frames.filter(({ type }) => type === 'error')).toEqual([]);
    expect(frames.some(({ type }) => type === 'ai_response')).toBe(true);
    expect(await graphOf(admin, `${workflow}/graph`)).toEqual([
      200,
      expect.stringMatching(/^flowchart TD\n/),
    ]);
  });
});

describe('a run', () => {
  const PAIR = {
    title: 'Pair',
    start: 'first',
    steps: [
      { id: 'first', kind: 'generate', title: 'First', into: 'first', next: 'second' },
      { id: 'second', title: 'Second', instructions: 'Of {{input.topic}}: {{state.first}}' },
    ],
  };
  const sent = () => scripted.asked.map((body) => JSON.stringify(body));

  it('is started with an input, retried from the step that has failed, and forked at one', async () => {
    expect(await admin.ask('PUT', '/workflows/pair', PAIR)).toMatchObject({ status: 200 });
    const refused: ScriptedAnswer = {
      status: 400,
      contentType: 'application/json',
      steps: ['{"error":{"message":"no"}}'],
    };
    scripted.answer(says('noted'), refused);
    const started = await admin.ask('POST', '/workflows/pair/runs', { input: { topic: 'tea' } });
    expect(started).toMatchObject({ status: 202, body: { turn: { status: expect.any(String) } } });
    const { threadId, id: turnId } = started.body.turn as { threadId: string; id: string };
    const turnOf = async (id: string) =>
      (await admin.ask('GET', `/chat/threads/${threadId}/turns/${id}`)).body.turn;
    await until(async () => (await turnOf(turnId)).status === 'failed');
    expect(sent().at(-1)).toContain('Of tea: noted');
    const { run } = (await admin.ask('GET', `/chat/threads/${threadId}/workflow`)).body;
    const shown = (await admin.ask('GET', `/workflows/runs/${run.id}`)).body.run;
    expect(shown.steps.map(({ step, status }: Record<string, string>) => `${step} ${status}`)).toEqual([
      'first completed',
      'second failed',
    ]);
    const asked = sent().length;
    scripted.answer(says('Tea.'));
    const retried = await admin.ask('POST', `/workflows/runs/${run.id}/retry`);
    expect(retried).toMatchObject({ status: 202 });
    await until(async () => (await turnOf(retried.body.turn.id)).status === 'completed');
    expect(sent().length).toBe(asked + 1);
    expect(await admin.ask('POST', `/workflows/runs/${run.id}/retry`)).toMatchObject({
      status: 409,
      body: { code: 'STATE_CONFLICT' },
    });
    const forked = await admin.ask('POST', `/workflows/runs/${run.id}/fork`, { step: 'second' });
    expect(forked).toMatchObject({ status: 201, body: { thread: { workflow: 'pair', workflowVersion: 1 } } });
    scripted.answer(says('Again.'));
    const { body } = await admin.ask('POST', `/chat/threads/${forked.body.thread.id}/messages`, {
      content: 'Go on.',
    });
    expect(body.response).toBe('Again.');
    expect(sent().at(-1)).toContain('noted');
    expect(sent().length).toBe(asked + 2);
  });

  it('is previewed without being stored', async () => {
    const { body } = await admin.ask('POST', '/workflows/pair/preview', {
      content: 'Hello',
      input: { topic: 'tea' },
    });
    expect(body).toMatchObject({ steps: ['first', 'second'], status: 'completed', error: null });
    expect(body.questions.map(({ step }: { step: string }) => step)).toEqual(['first', 'second']);
    expect(body.questions[1].messages[0].content).toContain('Of tea: ');
  });
});
