import { setTimeout as pause } from 'node:timers/promises';
import { callProblems, callsOfTurn } from '../chaos/tool-call-checks.js';
import { Stored } from '../chaos/stored.js';
import { startEffectsStandIn, type EffectsStandIn } from '../doubles/effects-stand-in.js';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster, type Replica } from '../support/cluster.js';
import { COUNTING_SERVER } from '../support/counted-elsewhere.js';
import { EFFECTS_URL } from '../support/effects-executor.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';

const LONG_GRACE = { SHUTDOWN_GRACE_MS: '20000' };
const NO_GRACE = { SHUTDOWN_GRACE_MS: '100' };
/** Where nobody else is there the turns of a process end with it. */
const ENDING = { SHUTDOWN: 'interrupt' };

describe('a process that stops while its turns call tools', () => {
  let effects: EffectsStandIn;
  let standIn: OpenAiStandIn;
  let cluster: Cluster;
  let stored: Stored;
  let release: () => void = () => undefined;
  beforeAll(async () => {
    [effects, standIn] = await Promise.all([startEffectsStandIn(), startOpenAiStandIn()]);
    const environment = { [EFFECTS_URL]: effects.url, TURN_LEASE: '5s' };
    cluster = await Cluster.start({ roles: [], standIn, environment, program: COUNTING_SERVER });
    stored = new Stored(cluster.connectionString);
  }, 240_000);
  afterEach(async () => {
    release();
    await Promise.all(cluster.running.map((replica) => cluster.kill(replica)));
  });
  afterAll(async () => {
    await stored?.close();
    await cluster?.close();
    await Promise.all([effects?.close(), standIn?.close()]);
  });

  /** A turn whose rounds each call the tool; the first call is made, and is not over. */
  async function calling(replica: Replica, tool: string, rounds: number) {
    release = effects.hold();
    const user: TestUser = await cluster.user(replica);
    const threadId = await user.newThread();
    const { status, body } = await user.ask('POST', `/chat/threads/${threadId}/turns`, {
      content: `Count. {{call ${tool} {"by":1}}} [[rounds=${rounds}]]`,
      options: { tools: [tool] },
    });
    expect(status).toBe(202);
    const turnId = body.turn.id as string;
    await until(() => effects.callsOf(turnId).length === 1);
    return { threadId, turnId };
  }
  /** What was told, stored, kept and made of its calls when it has ended. */
  async function over({ threadId, turnId }: { threadId: string; turnId: string }, expected: number) {
    await until(async () => (await stored.turns(threadId))[0]?.status === 'completed');
    return callsOf({ threadId, turnId }, expected);
  }
  async function callsOf({ threadId, turnId }: { threadId: string; turnId: string }, expected: number) {
    const calls = await callsOfTurn({ stored, effects }, { threadId, turnId }, expected);
    const results = calls.events.filter(({ type }) => type === 'tool_result').map(({ data }) => data['ok']);
    return { problems: callProblems(calls), made: calls.made.length, results };
  }

  it('lets the call that must not be made twice end, and leaves the next one to another process', async () => {
    const stopping = await cluster.add('all', LONG_GRACE);
    const turn = await calling(stopping, 'count_once', 2);
    const gone = cluster.retire(stopping);
    await pause(200);
    release();
    expect(await gone).toBe(0);
    // It had the time to make the next one too.
    expect(effects.callsOf(turn.turnId)).toHaveLength(1);

    await cluster.add('all');
    expect(await over(turn, 2)).toEqual({ problems: [], made: 2, results: [true, true] });
    // One question for each round, and one for the answer: what was known is not asked again.
    expect(standIn.requests).toHaveLength(3);
  }, 240_000);

  it('says of a call that is not over in its time that it is unknown, and makes one again that may be', async () => {
    const stopping = await cluster.add('all', NO_GRACE);
    const [once, again] = [
      await calling(stopping, 'count_once', 1),
      await calling(stopping, 'count_again', 1),
    ];
    expect(await cluster.retire(stopping)).toBe(0);
    release();
    await cluster.add('all');
    expect(await over(once, 1)).toEqual({ problems: [], made: 1, results: [false] });
    expect(await over(again, 1)).toEqual({ problems: [], made: 2, results: [true] });
  }, 240_000);

  it('loses nothing where it is killed while it waits for a call', async () => {
    const stopping = await cluster.add('all', LONG_GRACE);
    const turn = await calling(stopping, 'count_once', 2);
    const gone = cluster.retire(stopping);
    await pause(600);
    stopping.process.child.kill('SIGTERM');
    expect(await gone).toBe(1);
    release();
    await cluster.add('all');
    expect(await over(turn, 2)).toEqual({ problems: [], made: 2, results: [false, true] });
  }, 240_000);

  it('begins calls as long as it has the time where its turns are to end with it', async () => {
    const stopping = await cluster.add('all', { ...LONG_GRACE, ...ENDING });
    const turn = await calling(stopping, 'count_once', 2);
    const gone = cluster.retire(stopping);
    await pause(200);
    release();
    expect(await gone).toBe(0);
    expect((await stored.turns(turn.threadId))[0]!.status).toBe('completed');
    expect(await callsOf(turn, 2)).toEqual({ problems: [], made: 2, results: [true, true] });
  }, 240_000);

  it('ends a turn whose call is not over in its time where nobody is to go on with it, and makes it no more', async () => {
    const stopping = await cluster.add('all', { ...NO_GRACE, ...ENDING });
    const turn = await calling(stopping, 'count_once', 2);
    expect(await cluster.retire(stopping)).toBe(0);
    release();
    expect((await stored.turns(turn.threadId))[0]!.status).toBe('interrupted');
    expect(await callsOf(turn, 1)).toEqual({ problems: [], made: 1, results: [false] });
    const told = (await stored.events(turn.threadId)).slice(-2);
    expect(told.map(({ type, data }) => [type, data['code'] ?? data['status']])).toEqual([
      ['error', 'SHUTTING_DOWN'],
      ['done', 'interrupted'],
    ]);

    const user = await cluster.user(await cluster.add('all'));
    const next = await user.ask('POST', `/chat/threads/${turn.threadId}/messages`, {
      content: 'And now? [[tokens=3]]',
    });
    expect([next.status, next.body.response]).toEqual([201, expectedText(3)]);
    // The model is told as well: nobody knows, and nobody looks again.
    const results = standIn.requests.at(-1)!.body.messages.filter(({ role }) => role === 'tool');
    expect(results.map(({ content }) => content)).toEqual([expect.stringContaining('unknown')]);
    expect(effects.callsOf(turn.turnId)).toHaveLength(1);
  }, 240_000);
});
