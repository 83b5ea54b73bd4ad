import { startEffectsStandIn, type EffectsStandIn } from '../doubles/effects-stand-in.js';
import { startSilentLine, type SilentLine } from '../doubles/silent-line.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { COUNTING_SERVER } from '../support/counted-elsewhere.js';
import { EFFECTS_URL } from '../support/effects-executor.js';
import { LINE_URL } from '../support/faulty-tools.js';
import { startWires, WIRES, type Wire } from '../support/five-wires.js';
import { startServerProcess, type ServerProcess } from '../support/server-process.js';
import { framesUntil, type ReceivedFrame } from '../support/sse-client.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';

const NAMES = Object.keys(WIRES) as Wire[];
const TOOLS = ['count_once', 'count_asked', 'break_down', 'hold_briefly'];
/** A call as the model writes it: its arguments may be anything. */
const call = (name: string, written: string) => ({ name, arguments: written });

describe('what becomes of calls', () => {
  let wires: Awaited<ReturnType<typeof startWires>>;
  let effects: EffectsStandIn;
  let line: SilentLine;
  let database: FreshDatabase;
  let server: ServerProcess;
  let user: TestUser;
  beforeAll(async () => {
    wires = await startWires(NAMES);
    [effects, line, database] = await Promise.all([
      startEffectsStandIn(),
      startSilentLine(),
      freshDatabase(),
    ]);
    server = await startServerProcess(
      {
        ...wires.environment,
        ...{ DATABASE_URL: database.connectionString, LOG_LEVEL: 'silent' },
        ...{ [EFFECTS_URL]: effects.url, [LINE_URL]: line.url },
      },
      COUNTING_SERVER,
    );
    user = await server.user();
  });
  afterAll(async () => {
    await server?.end('SIGKILL');
    await Promise.all([wires?.close(), effects?.close(), line?.close()]);
    await database?.drop();
  });

  /** A turn whose first round has these calls; whatever it asks a person for is declined. */
  async function turnWith(wire: Wire, calls: readonly ReturnType<typeof call>[]) {
    const threadId = await user.newThread();
    wires.of(wire).script({ calls, tools: calls.length, tokens: 0 });
    const model = WIRES[wire].model.slice(1);
    const { body } = await user.ask('POST', `/chat/threads/${threadId}/messages`, {
      ...{ content: 'Do it. [[rounds=1]]', provider: wire, ...(model === '' ? {} : { model }) },
      options: { tools: TOOLS },
    });
    for (const { id } of body.inputs ?? []) await user.ask('POST', `/inputs/${id}`, { action: 'decline' });
    const turnId = body.turn?.id as string;
    await until(async () => {
      const { turn } = (await user.ask('GET', `/chat/threads/${threadId}/turns/${turnId}`)).body;
      return turn.endedAt !== null;
    });
    const frames = await framesUntil(await user.watch(threadId, 0), 'done');
    const { messages } = (await user.ask('GET', `/chat/threads/${threadId}/messages`)).body;
    return { ...outcomesIn(frames), turnId, threadId, answer: messages.at(-1).content as string, frames };
  }

  /** The results in the order of their calls, and of what the model was shown. */
  function outcomesIn(frames: readonly ReceivedFrame[]) {
    const of = (type: string) => frames.flatMap((frame) => (frame.type === type ? [frame.data] : []));
    const requested = of('tool_call').filter(({ status }) => status === 'requested');
    const results = requested.map(({ callId }) => {
      const own = of('tool_result').filter((result) => result['callId'] === callId);
      expect(own).toHaveLength(1);
      return own[0]!;
    });
    const executing = of('tool_call').filter(({ status }) => status === 'executing');
    return {
      oks: results.map(({ ok }) => ok as boolean),
      contents: results.map(({ content }) => content as string),
      executing: executing.map(({ name }) => name as string).toSorted(),
    };
  }
  const made = (turnId: string) => effects.callsOf(turnId).length;

  describe.each(NAMES)('on the wire of %s', (wire) => {
    it('is a result each, where one of three fails, one takes too long and one is declined', async () => {
      const calls = [call('break_down', '{}'), call('hold_briefly', '{}'), call('count_asked', '{"by":1}')];
      const { oks, contents, executing, turnId, answer, frames } = await turnWith(wire, calls);
      expect(oks).toEqual([false, false, false]);
      expect(contents).toEqual([
        "break_down failed for a reason of the server's.",
        expect.stringContaining('took longer than 0.3 seconds'),
        expect.stringContaining('declined'),
      ]);
      expect(executing).toEqual(['break_down', 'hold_briefly']);
      expect(answer).toBe(`The tool says: ${contents.join(', ')}`);
      expect(frames.at(-1)!.data).toMatchObject({ status: 'completed' });
      expect(made(turnId)).toBe(0);
      expect(line.lines.at(-1)!.path).toContain(turnId);
      expect(line.lines.at(-1)!.closedAt).toBeDefined();
    });

    it('is a result that says what is wrong with the arguments, and the model goes on with all of them', async () => {
      const calls = [
        call('count_once', '{"by": 1'),
        call('count_once', '{"by":"many"}'),
        call('count_once', '{"by":1,"unheard_of":2}'),
        call('make_coffee', '{"by":1}'),
        call('count_once', '{"by":1}'),
      ];
      const { oks, contents, executing, turnId, threadId, answer } = await turnWith(wire, calls);
      expect(oks).toEqual([false, false, false, false, true]);
      expect(contents.slice(0, 4)).toEqual([
        expect.stringContaining('no valid JSON'),
        expect.stringMatching(/do not fit its parameters:\n- by/),
        expect.stringMatching(/do not fit its parameters/),
        'There is no tool "make_coffee" here.',
      ]);
      expect(executing).toEqual(['count_once']);
      expect(made(turnId)).toBe(1);
      expect(answer).toBe(`The tool says: ${contents.join(', ')}`);
      // Their arguments are shown again in the next turn, to servers that read them.
      const path = `/chat/threads/${threadId}/messages`;
      const model = WIRES[wire].model.slice(1);
      const choice = { provider: wire, ...(model === '' ? {} : { model }) };
      expect((await user.ask('POST', path, { content: 'And now? [[tokens=1]]', ...choice })).status).toBe(
        201,
      );
    });

    it('is a result each, where two calls are the same, or one says its arguments twice', async () => {
      const same = call('count_once', '{"by":1}');
      const { oks, executing, turnId } = await turnWith(wire, [same, same]);
      expect([oks, executing]).toEqual([
        [true, true],
        ['count_once', 'count_once'],
      ]);
      expect(made(turnId)).toBe(2);
      expect(new Set(effects.callsOf(turnId).map(({ key }) => key)).size).toBe(2);

      const twice = await turnWith(wire, [call('count_once', '{"by":1} {"by":1}')]);
      expect(twice.oks).toEqual([false]);
      expect(made(twice.turnId)).toBe(0);
    });
  });
});
