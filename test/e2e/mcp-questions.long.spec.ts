import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { McpStandIn, saying, type StandInTool } from '../doubles/mcp-stand-in.js';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster } from '../support/cluster.js';
import { booking, bookingOpen, FORM, STATE } from '../support/mcp-questions.js';
import { expectedText } from '../doubles/stand-in-words.js';
import { framesUntil } from '../support/sse-client.js';
import type { TestUser } from '../support/test-user.js';

const consent: StandInTool = {
  call: ({ params }) => {
    const url = 'https://shop.example/consent?order=1';
    const request = { method: 'elicitation/create', params: { mode: 'url', message: 'Confirm', url } };
    if (params['inputResponses'] !== undefined) return saying('confirmed');
    return { resultType: 'input_required', inputRequests: { it: request }, requestState: STATE };
  },
};

/** Has a model asked before it answers. */
const summary: StandInTool = {
  call: ({ params }) => {
    const responses = params['inputResponses'] as { it: { content: { text: string } } } | undefined;
    if (responses !== undefined) return saying(responses.it.content.text);
    const content = { type: 'text', text: 'Sum it up. [[tokens=3]]' };
    const asked = { messages: [{ role: 'user', content }], maxTokens: 50 };
    const request = { method: 'sampling/createMessage', params: asked };
    return { resultType: 'input_required', inputRequests: { it: request }, requestState: STATE };
  },
};

describe('an MCP server that asks while processes come and go', () => {
  let openAi: OpenAiStandIn;
  let modern: McpStandIn;
  let legacy: McpStandIn;
  let cluster: Cluster;
  let folder: string;
  beforeAll(async () => {
    [openAi, modern, legacy] = await Promise.all([
      startOpenAiStandIn(),
      McpStandIn.start({ era: 'modern', tools: { booking, consent, summary } }),
      McpStandIn.start({ era: 'legacy', tools: { booking: bookingOpen } }),
    ]);
    folder = mkdtempSync(join(tmpdir(), 'mcp-questions-'));
    const file = join(folder, 'servers.json');
    writeFileSync(
      file,
      JSON.stringify({
        mcpServers: { modern: { url: modern.url, sampling: true }, legacy: { url: legacy.url } },
      }),
    );
    const environment = { MCP_SERVERS_FILE: file, TOOL_APPROVAL: '*=never', TURN_LEASE: '2s' };
    cluster = await Cluster.start({ roles: ['all'], standIn: openAi, environment });
  }, 120_000);
  afterAll(async () => {
    await cluster?.close();
    await Promise.all([openAi?.close(), modern?.close(), legacy?.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const user = (): Promise<TestUser> => cluster.user(cluster.running[0]!);
  async function waiting(name: string) {
    const ada = await user();
    const threadId = await ada.newThread();
    const { status, body } = await ada.ask('POST', `/chat/threads/${threadId}/messages`, {
      content: `Book. {{call ${name} {"name":"Ada"}}}`,
      options: { tools: true },
    });
    expect(status).toBe(202);
    return { threadId, input: body.inputs[0] };
  }
  const resultIn = async (threadId: string) => {
    const events = await framesUntil(await (await user()).watch(threadId, 0), 'done');
    const results = events.filter(({ type }) => type === 'tool_result').map(({ data }) => data);
    expect([results.length, events.at(-1)!.data]).toEqual([
      1,
      expect.objectContaining({ status: 'completed' }),
    ]);
    return results[0]!;
  };
  const restarted = async () => {
    const former = cluster.running[0]!;
    await cluster.kill(former);
    await cluster.add('all');
  };

  it('is answered after a kill by another process, and has seen one call with its state byte for byte', async () => {
    const { threadId, input } = await waiting('modern__booking');
    expect(input).toMatchObject({
      ...{ kind: 'elicitation', mode: 'form', server: 'modern', prompt: 'Which table?', status: 'open' },
      schema: { ...FORM.requestedSchema, additionalProperties: false },
    });
    await restarted();
    const ada = await user();
    const wrong = await ada.ask('POST', `/inputs/${input.id}`, { action: 'accept', content: { seats: 99 } });
    expect(wrong.status).toBe(400);
    const content = { table: 'by the window', seats: 2 };
    expect((await ada.ask('POST', `/inputs/${input.id}`, { action: 'accept', content })).status).toBe(202);
    expect(await resultIn(threadId)).toMatchObject({
      ok: true,
      content: 'Ada: accept {"table":"by the window","seats":2}',
    });
    const calls = modern.of('tools/call').filter(({ params }) => params['name'] === 'booking');
    expect(calls.map(({ params }) => params['requestState'])).toEqual([undefined, STATE]);
  }, 120_000);

  it('names itself and the whole address that it wants to have opened', async () => {
    const { threadId, input } = await waiting('modern__consent');
    expect(input).toMatchObject({
      mode: 'url',
      server: 'modern',
      url: 'https://shop.example/consent?order=1',
    });
    const events = await framesUntil(await (await user()).watch(threadId, 0), 'input_required');
    expect(events.at(-1)!.data).toMatchObject({
      mode: 'url',
      server: 'modern',
      url: input.url,
      schema: null,
    });
    await (await user()).ask('POST', `/inputs/${input.id}`, { action: 'accept' });
    expect(await resultIn(threadId)).toMatchObject({ ok: true, content: 'confirmed' });
  }, 120_000);

  it('has a model asked when the user agrees, in another process, and on the user’s account', async () => {
    const { threadId, input } = await waiting('modern__summary');
    expect(input).toMatchObject({ kind: 'sampling', server: 'modern', schema: null, status: 'open' });
    expect(input.prompt).toContain('User:\nSum it up.');
    expect(input).not.toHaveProperty('mode');
    const asked = () =>
      openAi.requests.filter(({ body }) => JSON.stringify(body.messages[0]).includes('Sum it up.'));
    expect(asked()).toEqual([]);
    await restarted();
    const ada = await user();
    await ada.ask('POST', `/inputs/${input.id}`, { action: 'accept', remember: true });
    expect(await resultIn(threadId)).toMatchObject({ ok: true, content: expectedText(3) });
    const [{ body }] = asked() as [(typeof openAi.requests)[number]];
    expect([body.max_completion_tokens ?? body.max_tokens, body.messages.length]).toEqual([50, 1]);
    const { usage } = (await ada.ask('GET', '/usage?groupBy=purpose,step')).body;
    expect(usage.find(({ purpose }: { purpose: string | null }) => purpose === 'sampling')).toMatchObject({
      ...{ step: 'reply', attempts: 1 },
    });
    // It is asked again each time.
    expect((await waiting('modern__summary')).input.kind).toBe('sampling');
  }, 120_000);

  it('is answered over its connection in the older era', async () => {
    const { threadId, input } = await waiting('legacy__booking');
    await (await user()).ask('POST', `/inputs/${input.id}`, { action: 'decline' });
    expect(await resultIn(threadId)).toMatchObject({ ok: true, content: 'Ada: decline null' });
  }, 120_000);

  it('is answered in the older era by the process that has its connection, whichever gets the answer', async () => {
    const other = await cluster.add('all');
    for (let times = 0; times < 3; times += 1) {
      const { threadId, input } = await waiting('legacy__booking');
      const eve = await cluster.user(other);
      const content = { table: `table ${times}` };
      expect((await eve.ask('POST', `/inputs/${input.id}`, { action: 'accept', content })).status).toBe(202);
      expect(await resultIn(threadId)).toMatchObject({
        ok: true,
        content: `Ada: accept ${JSON.stringify(content)}`,
      });
    }
    await cluster.kill(other);
  }, 120_000);

  it('is said to have lost its question in the older era, when the connection has died', async () => {
    const { threadId, input } = await waiting('legacy__booking');
    const before = legacy.of('tools/call').length;
    await restarted();
    await (await user()).ask('POST', `/inputs/${input.id}`, { action: 'accept', content: { table: '1' } });
    const result = await resultIn(threadId);
    expect(result['ok']).toBe(false);
    expect(result['content']).toMatch(/is lost.*unknown/s);
    expect(legacy.of('tools/call')).toHaveLength(before);
  }, 120_000);
});
