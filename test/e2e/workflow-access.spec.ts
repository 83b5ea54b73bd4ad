import { framesUntil } from '../support/sse-client.js';
import { stage } from '../support/stage.js';
import type { TestUser } from '../support/test-user.js';
import { orderOf } from '../support/workflow-frames.js';

const on = stage();
let admin: TestUser;
let foreign: TestUser;
beforeAll(async () => {
  admin = await on.server.user({ sub: 'adam', roles: ['user', 'admin'] });
  foreign = await on.server.user({ sub: 'adam', org: 'theirs', roles: ['user', 'admin'] });
});

const REPLY = { id: 'reply', title: 'Reply' };
const OURS = { title: 'Ours', start: 'reply', steps: [REPLY] };

describe('workflows of an organisation', () => {
  it('are published and deleted by its administrators, and checked by everybody', async () => {
    const forbidden = { status: 403, body: { code: 'FORBIDDEN' } };
    for (const user of [on.alice, await on.server.user({ sub: 'olga', roles: ['operator'] })]) {
      expect(await user.ask('PUT', '/workflows/ours', OURS)).toMatchObject(forbidden);
      expect(await user.ask('DELETE', '/workflows/chat')).toMatchObject(forbidden);
      expect(await user.ask('POST', '/workflows/chat/runs', { input: 'Hi' })).toMatchObject(forbidden);
    }
    expect(await on.alice.ask('POST', '/workflows/ours/validate', OURS)).toMatchObject({ status: 200 });
    expect(await on.alice.ask('GET', '/workflows/ours')).toMatchObject({ status: 404 });
    expect(await admin.ask('DELETE', '/workflows/chat')).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
  });

  it('take the place of the server’s of the same name, for that organisation only', async () => {
    const before = await on.alice.newThread({ workflow: 'guided-intake' });
    const { body } = await admin.ask('PUT', '/workflows/guided-intake', OURS);
    expect(body.workflow).toMatchObject({ name: 'guided-intake', version: 3, title: 'Ours' });
    const listed = async (user: TestUser) => {
      const { workflows } = (await user.ask('GET', '/workflows')).body;
      const named = workflows.filter(({ name }: { name: string }) => name === 'guided-intake');
      return named.map(({ version, title }: Record<string, unknown>) => [version, title]);
    };
    expect(await listed(on.alice)).toEqual([[3, 'Ours']]);
    expect(await listed(foreign)).toEqual([[2, expect.not.stringMatching(/^Ours$/)]]);
    expect(await foreign.ask('GET', '/workflows/guided-intake?version=3')).toMatchObject({ status: 404 });
    expect(await foreign.ask('GET', '/workflows/guided-intake/graph?version=3')).toMatchObject({
      status: 404,
    });
    const pinned = async (user: TestUser) =>
      (await user.ask('POST', '/chat/threads', { workflow: 'guided-intake' })).body.thread.workflowVersion;
    expect([await pinned(on.alice), await pinned(foreign)]).toEqual([3, 2]);
    // What was made before goes on with what it was made with.
    const frames = await framesUntil(await on.alice.stream(before, 'The lift is stuck.'), 'done');
    expect(frames.find(({ type }) => type === 'workflow_complete')!.data).toMatchObject({ step: 'ask' });
    expect(await admin.ask('DELETE', '/workflows/guided-intake')).toMatchObject({ status: 204 });
    expect([await listed(on.alice), await pinned(on.alice)]).toEqual([await listed(foreign), 2]);
    expect((await admin.ask('PUT', '/workflows/guided-intake', OURS)).body.workflow.version).toBe(4);
    expect(await admin.ask('DELETE', '/workflows/guided-intake')).toMatchObject({ status: 204 });
  });
});

describe('a run', () => {
  it('is there for its owner alone, whatever is asked of it', async () => {
    const threadId = await on.alice.newThread();
    const frames = await framesUntil(await on.alice.stream(threadId, 'Hello'), 'done');
    expect(orderOf(frames).slice(-2)).toEqual(['workflow_complete', 'done']);
    const runId = frames.find(({ type }) => type === 'workflow_complete')!.data['runId'] as string;
    const ways = [
      ['GET', `/workflows/runs/${runId}`],
      ['GET', `/workflows/chat/graph?run=${runId}`],
      ['POST', `/workflows/runs/${runId}/retry`],
      ['POST', `/workflows/runs/${runId}/fork`, { step: 'reply' }],
      ['GET', `/chat/threads/${threadId}/workflow`],
    ] as const;
    // An administrator of the same organisation, and somebody of the same name in another one.
    const alike = await on.server.user({ sub: 'alice', org: 'theirs', roles: ['user', 'admin'] });
    for (const user of [admin, alike])
      for (const [method, path, body] of ways)
        expect(await user.ask(method, path, body)).toMatchObject({
          status: 404,
          body: { code: 'NOT_FOUND' },
        });
    expect(await on.alice.ask('GET', `/workflows/runs/${runId}`)).toMatchObject({
      status: 200,
      body: { run: { id: runId, threadId, workflow: 'chat', status: 'waiting' } },
    });
    // Drawn as another workflow than its own it is none.
    expect(await on.alice.ask('GET', `/workflows/agent/graph?run=${runId}`)).toMatchObject({ status: 404 });
    for (const path of ['/workflows/runs/none', '/workflows/chat/graph?run=none'])
      expect((await on.alice.ask('GET', path)).status).toBeGreaterThanOrEqual(400);
  });
});

describe('what is no definition', () => {
  const wrong: readonly (readonly [what: string, body: unknown, path: string])[] = [
    ['nothing', {}, 'title'],
    ['a list', [OURS], ''],
    ['a text', 'title: Ours', ''],
    ['a number', 7, ''],
    ['null', null, ''],
    ['steps that are none', { ...OURS, steps: 'reply' }, 'steps'],
    ['a step that is none', { ...OURS, steps: [7] }, 'steps.0'],
    ['an unknown field', { ...OURS, surprise: true }, ''],
    ['an unknown field of a step', { ...OURS, steps: [{ ...REPLY, surprise: true }] }, 'steps.0'],
    ['another name', { ...OURS, name: 'theirs' }, 'name'],
    ['a start that is not there', { ...OURS, start: 'nowhere' }, 'start'],
    ['YAML that is no text', { yaml: 7 }, 'yaml'],
    ['YAML that cannot be read', { yaml: 'a: [' }, 'yaml'],
    ['YAML of something else', { yaml: '- 1' }, ''],
    [
      'a subworkflow that is not there',
      {
        ...OURS,
        steps: [{ ...REPLY, kind: 'subworkflow', workflow: 'nowhere' }],
      },
      'steps.0.workflow',
    ],
  ];

  it.each(wrong)('%s is refused with the path of the mistake', async (_, body, path) => {
    for (const [method, address] of [
      ['PUT', '/workflows/junk'],
      ['POST', '/workflows/junk/validate'],
    ] as const) {
      const answer = await admin.ask(method, address, body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED', retryable: false } });
      const { issues } = answer.body.details as { issues: { path: string; message: string }[] };
      expect(issues.map((issue) => issue.path)).toContain(path);
    }
    expect(await admin.ask('GET', '/workflows/junk')).toMatchObject({ status: 404 });
  });

  it('cannot be called what is beside the workflows, or what no name is', async () => {
    for (const name of ['schema', 'runs', 'Ours', '__proto__', 'a'.repeat(65), '%F0%9F%8D%B5'])
      expect(await admin.ask('PUT', `/workflows/${name}`, OURS)).toMatchObject({
        status: 400,
        body: { code: 'VALIDATION_FAILED', details: { issues: [{ path: 'name' }] } },
      });
  });

  it('of three megabytes is too large, and what is just no definition says so in words', async () => {
    const large = { ...OURS, description: 'x'.repeat(3_000_000) };
    for (const [method, path] of [
      ['PUT', '/workflows/large'],
      ['POST', '/workflows/large/validate'],
    ] as const)
      expect(await admin.ask(method, path, large)).toMatchObject({
        status: 413,
        body: { code: 'PAYLOAD_TOO_LARGE', retryable: false, details: { limit: 1_048_576 } },
      });
    const many = { ...OURS, steps: Array.from({ length: 10_000 }, (_, at) => ({ ...REPLY, id: `s${at}` })) };
    expect(await admin.ask('PUT', '/workflows/large', many)).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED', details: { issues: [{ path: expect.stringContaining('steps') }] } },
    });
    expect(await admin.ask('GET', '/workflows/large')).toMatchObject({ status: 404 });
    const plain = await admin.ask('PUT', '/workflows/large', OURS, { 'content-type': 'text/plain' });
    expect(plain).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
  });
});
