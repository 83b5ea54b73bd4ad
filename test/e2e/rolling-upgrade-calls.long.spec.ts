import { setTimeout as pause } from 'node:timers/promises';
import { callProblems, callsOfTurn } from '../chaos/tool-call-checks.js';
import { Stored } from '../chaos/stored.js';
import { startEffectsStandIn, type EffectsStandIn } from '../doubles/effects-stand-in.js';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { emptyDatabase, type FreshDatabase } from '../setup/test-database.js';
import { Cluster, type Replica } from '../support/cluster.js';
import { COUNTING_SERVER } from '../support/counted-elsewhere.js';
import { EFFECTS_URL } from '../support/effects-executor.js';
import { formerRelease, hasFormerRelease } from '../support/former-release.js';
import { until } from '../support/until.js';

// Where tests are the gate nothing is skipped: there its absence is a failure.
const withFormer = hasFormerRelease() || process.env['CI'] === 'true' ? describe : describe.skip;

const LEASE_MS = 2_000;
/** So long a turn is there for the former release to take: it looks once in a lease. */
const TEMPTING_MS = 3 * LEASE_MS;

/** A turn and its thread. */
interface Begun {
  readonly threadId: string;
  readonly turnId: string;
}

withFormer('a turn with calls while the former release runs beside this one', () => {
  let effects: EffectsStandIn;
  let standIn: OpenAiStandIn;
  let database: FreshDatabase;
  let cluster: Cluster;
  let stored: Stored;
  let former: Replica;
  let release: () => void = () => undefined;
  beforeAll(async () => {
    [effects, standIn, database] = await Promise.all([
      startEffectsStandIn(),
      startOpenAiStandIn(),
      emptyDatabase(),
    ]);
    const { connectionString } = database;
    const environment = {
      [EFFECTS_URL]: effects.url,
      TURN_LEASE: `${LEASE_MS}ms`,
      SHUTDOWN_GRACE_MS: '200',
      DATABASE_POOL_SIZE: '6',
    };
    cluster = await Cluster.start({
      ...{ roles: [], standIn, environment, connectionString, program: COUNTING_SERVER },
    });
    stored = new Stored(connectionString);
    former = await cluster.add('all', {}, formerRelease());
  }, 240_000);
  afterEach(() => release());
  afterAll(async () => {
    await stored?.close();
    await cluster?.close();
    await database?.drop();
    await Promise.all([effects?.close(), standIn?.close()]);
  });

  const path = (threadId: string) => `/chat/threads/${threadId}`;
  const statusOf = async (threadId: string) => (await stored.turns(threadId))[0]?.status;

  /** A turn of this release whose process has made a call that is not over, or waits for somebody to agree to one. */
  async function begun(here: Replica, tool: string): Promise<Begun> {
    release = effects.hold();
    const user = await cluster.user(here);
    const threadId = await user.newThread();
    const { body } = await user.ask('POST', `${path(threadId)}/turns`, {
      content: `Count. {{call ${tool} {"by":1}}}`,
      options: { tools: [tool] },
    });
    const turnId = body.turn.id as string;
    const waits = tool === 'count_asked';
    await until(async () =>
      waits ? (await statusOf(threadId)) === 'waiting' : effects.callsOf(turnId).length === 1,
    );
    return { threadId, turnId };
  }
  /** A message in the thread is answered by this process. */
  async function goesOn(replica: Replica, { threadId }: Begun) {
    const user = await cluster.user(replica);
    const body = { content: 'And now? [[tokens=3]]' };
    const answered = await user.ask('POST', `${path(threadId)}/messages`, body);
    expect([answered.status, answered.body.response]).toEqual([201, expectedText(3)]);
  }
  const problemsOf = async (turn: Begun) => callProblems(await callsOfTurn({ stored, effects }, turn, 1));

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'is left to this release after %s, and the thread goes on in both',
    async (signal) => {
      const here = await cluster.add('all');
      const turn = await begun(here, 'count_once');
      const asked = standIn.requests.length;
      await (signal === 'SIGKILL' ? cluster.kill(here) : cluster.retire(here));
      release();
      await pause(TEMPTING_MS);
      expect([await statusOf(turn.threadId), standIn.requests.length]).toEqual(['running', asked]);
      const there = await cluster.add('all');
      await until(async () => (await statusOf(turn.threadId)) === 'completed');
      expect(await problemsOf(turn)).toEqual([]);
      expect(effects.callsOf(turn.turnId)).toHaveLength(1);

      await goesOn(former, turn);
      await goesOn(there, turn);
      const user = await cluster.user(former);
      const page = await user.ask('GET', `${path(turn.threadId)}/messages`);
      expect([page.status, page.body.messages.length]).toEqual([200, 8]);
      await cluster.kill(there);
    },
    240_000,
  );

  it('is left to this release where somebody has agreed to its call, which is made once', async () => {
    const here = await cluster.add('all');
    const turn = await begun(here, 'count_asked');
    // Who takes the answer runs no turns: of those that do only the former release is there.
    const api = await cluster.add('api');
    await cluster.kill(here);
    const user = await cluster.user(api);
    const { inputs } = (await user.ask('GET', '/inputs?status=open')).body;
    const answered = await user.ask('POST', `/inputs/${inputs[0].id}`, { action: 'accept' });
    expect(answered.status).toBe(202);
    await pause(TEMPTING_MS);
    expect([await statusOf(turn.threadId), effects.callsOf(turn.turnId).length]).toEqual(['running', 0]);
    release();
    const there = await cluster.add('all');
    await until(async () => (await statusOf(turn.threadId)) === 'completed');
    expect(await problemsOf(turn)).toEqual([]);
    expect(effects.callsOf(turn.turnId)).toHaveLength(1);
    await Promise.all([cluster.kill(there), cluster.kill(api)]);
  }, 240_000);

  it('is ended by the former release where somebody cancels it there, and the thread goes on', async () => {
    const here = await cluster.add('all');
    const turn = await begun(here, 'count_once');
    await cluster.kill(here);
    const user = await cluster.user(former);
    const cancelled = await user.ask('POST', `${path(turn.threadId)}/turns/${turn.turnId}/cancel`);
    expect(cancelled.status).toBe(202);
    await until(async () => (await statusOf(turn.threadId)) === 'cancelled');
    await goesOn(former, turn);

    const there = await cluster.add('all');
    await goesOn(there, turn);
    expect(effects.callsOf(turn.turnId)).toHaveLength(1);
    await cluster.kill(there);
  }, 240_000);
});
