import { startEffectsStandIn, type EffectsStandIn } from '../doubles/effects-stand-in.js';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { pairProblems } from '../chaos/tool-call-checks.js';
import { Stored } from '../chaos/stored.js';
import { Cluster, type Replica } from '../support/cluster.js';
import { COUNTING_SERVER, DESCRIPTION } from '../support/counted-elsewhere.js';
import { EFFECTS_URL } from '../support/effects-executor.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';

const TOOLS = ['count_asked', 'count_once'];
const CALLS = TOOLS.map((name) => `{{call ${name} {"by":1}}}`).join(' ');

describe('a call that waits for a person while processes come and go', () => {
  let effects: EffectsStandIn;
  let standIn: OpenAiStandIn;
  let cluster: Cluster;
  let stored: Stored;
  beforeAll(async () => {
    [effects, standIn] = await Promise.all([startEffectsStandIn(), startOpenAiStandIn()]);
    const environment = { [EFFECTS_URL]: effects.url, TURN_LEASE: '2s' };
    cluster = await Cluster.start({
      ...{ roles: ['all', 'all'], standIn, environment, program: COUNTING_SERVER },
    });
    stored = new Stored(cluster.connectionString);
  }, 120_000);
  afterAll(async () => {
    await stored?.close();
    await cluster?.close();
    await Promise.all([effects?.close(), standIn?.close()]);
  });

  const at = (index: number): Replica => cluster.running[index]!;
  const userAt = (index: number): Promise<TestUser> => cluster.user(at(index));

  /** A turn that waits, with the other call of its round made. */
  async function waiting(user: TestUser) {
    const threadId = await user.newThread();
    const { status, body } = await user.ask('POST', `/chat/threads/${threadId}/messages`, {
      content: `Count. ${CALLS}`,
      options: { tools: TOOLS },
    });
    expect(status).toBe(202);
    return { threadId, turnId: body.turn.id as string, inputId: body.inputs[0].id as string };
  }
  async function over(threadId: string, status: string) {
    await until(async () => (await stored.turns(threadId))[0]?.status === status);
    const events = await stored.events(threadId);
    const calls = new Map<string, string[]>();
    const results = new Map<string, { readonly ok: boolean; readonly content: string }>();
    for (const { type, data } of events) {
      if (type !== 'tool_call' && type !== 'tool_result') continue;
      const name = data['name'] as string;
      calls.set(name, [...(calls.get(name) ?? []), (data['status'] as string | undefined) ?? type]);
      if (type === 'tool_result') results.set(name, data as { ok: boolean; content: string });
    }
    const [turn] = await stored.turns(threadId);
    const messages = await stored.messagesOf(turn!.id);
    return { calls, results, pairs: pairProblems(messages) };
  }
  const namesOf = (turnId: string) => effects.callsOf(turnId).map(({ key }) => key.split(' ')[0]);
  const accept = (user: TestUser, inputId: string) =>
    user.ask('POST', `/inputs/${inputId}`, { action: 'accept' });
  /** All processes make way for others. */
  async function restarted(environment: Record<string, string> = {}) {
    const former = cluster.running;
    await Promise.all(former.map((replica) => cluster.kill(replica)));
    await Promise.all([cluster.add('all', environment), cluster.add('all', environment)]);
  }

  it('is made once after a restart, answered on another replica, and the other one is not made again', async () => {
    const { threadId, turnId, inputId } = await waiting(await userAt(0));
    expect(namesOf(turnId)).toEqual(['count_once']);
    await restarted();
    const both = await Promise.all([accept(await userAt(0), inputId), accept(await userAt(1), inputId)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([202, 409]);
    const { calls, pairs } = await over(threadId, 'completed');
    expect(Object.fromEntries(calls)).toEqual({
      count_asked: ['requested', 'approved', 'executing', 'tool_result'],
      count_once: ['requested', 'executing', 'tool_result'],
    });
    expect(namesOf(turnId).toSorted()).toEqual(['count_asked', 'count_once']);
    expect(pairs).toEqual([]);
  }, 120_000);

  it('is asked for again when the tool says something else of itself by then', async () => {
    const { threadId, turnId, inputId } = await waiting(await userAt(0));
    await restarted({ [DESCRIPTION]: 'Counts, and tells everybody.' });
    expect((await accept(await userAt(1), inputId)).status).toBe(202);
    const user = await userAt(0);
    const open = async () => (await user.ask('GET', '/inputs?status=open')).body.inputs;
    await until(async () => (await open()).length === 1);
    const [again] = await open();
    expect(again).toMatchObject({ kind: 'tool_approval', turnId });
    expect(again.id).not.toBe(inputId);
    expect(namesOf(turnId)).toEqual(['count_once']);
    expect((await accept(user, again.id)).status).toBe(202);
    const { calls } = await over(threadId, 'completed');
    expect(calls.get('count_asked')).toEqual(['requested', 'approved', 'executing', 'tool_result']);
    expect(namesOf(turnId).toSorted()).toEqual(['count_asked', 'count_once']);
  }, 120_000);

  it('is not made when nobody agrees in time, and the turn goes on with that', async () => {
    const { threadId, turnId, inputId } = await waiting(await userAt(0));
    await stored.query(`UPDATE inputs SET expires_at = now() WHERE id = '${inputId}' RETURNING id`);
    const { results, pairs } = await over(threadId, 'completed');
    expect(results.get('count_asked')).toMatchObject({
      ok: false,
      content: expect.stringContaining('in time'),
    });
    expect([namesOf(turnId), pairs]).toEqual([['count_once'], []]);
  }, 120_000);

  it('has a result when its turn is stopped while it waits, and none of the calls is made any more', async () => {
    const user = await userAt(0);
    const { threadId, turnId, inputId } = await waiting(user);
    await restarted();
    const other = await userAt(1);
    expect((await other.ask('POST', `/chat/threads/${threadId}/turns/${turnId}/cancel`)).status).toBe(202);
    const { results, pairs } = await over(threadId, 'cancelled');
    expect(results.get('count_asked')).toMatchObject({
      ok: false,
      content: 'This call was cancelled before it began.',
    });
    expect(results.get('count_once')).toMatchObject({ ok: true });
    expect((await accept(other, inputId)).status).toBe(409);
    expect([namesOf(turnId), pairs]).toEqual([['count_once'], []]);
  }, 120_000);

  it('is not to be answered, or made, when its thread is deleted', async () => {
    const user = await userAt(0);
    const { threadId, turnId, inputId } = await waiting(user);
    expect((await user.ask('DELETE', `/chat/threads/${threadId}`)).status).toBe(204);
    expect((await accept(await userAt(1), inputId)).status).toBe(404);
    expect(namesOf(turnId)).toEqual(['count_once']);
  }, 120_000);
});
