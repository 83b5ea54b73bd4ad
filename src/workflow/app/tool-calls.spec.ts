import { setTimeout as pause } from 'node:timers/promises';
import { countingTool } from '../../../test/doubles/counting-tool.js';
import { answered, asked, called, caller, tools, turn } from '../../../test/support/turn-calls.js';
import type { StepEvent, ToolCallTold } from '../../kernel/index.js';
import { NO_JOURNAL } from './journal.js';
import { MAX_RESULT_LENGTH } from '../ports/run-journal.js';
import { ToolCalls } from './tool-calls.js';

describe('a call that an earlier execution of its turn has answered for', () => {
  it('keeps its result, also where the tool is gone or is another one', async () => {
    const tool = countingTool('count');
    const { execution } = turn();
    const first = await execution().run(asked(tool, 'a'));
    for (const now of [undefined, countingTool('count', { approval: 'always' })])
      expect(await execution().run(asked(now, 'a'))).toEqual(first);
    expect(first.answered).toEqual([{ callId: 'a', ok: true, content: 'count 1' }]);
    expect(tool.counted).toEqual(['a']);
  });

  it('stays refused where the tool is there by now', async () => {
    const tool = countingTool('count');
    const { execution } = turn();
    const first = await execution().run(asked(undefined, 'a'));
    expect(await execution().run(asked(tool, 'a'))).toEqual(first);
    expect(first.answered[0]!.content).toContain('no tool');
    expect(tool.counted).toEqual([]);
  });

  it('is unknown when it was begun, and is not asked for again', async () => {
    const { rows, execution } = turn();
    execution();
    await rows.begin({ threadId: 'thread', turnId: 'turn', epoch: 1 }, 'tool:a');
    const tool = countingTool('count', { approval: 'always', idempotent: true });
    const {
      answered: [only],
      waitsFor,
    } = await execution().run(asked(tool, 'a'));
    expect(only!.content).toContain('unknown');
    expect([waitsFor, tool.counted]).toEqual([[], []]);
  });
});

describe('a call that is not to be made', () => {
  it('has a result that says why, whatever its tool is', async () => {
    const tool = countingTool('count');
    const { execution, rows } = turn();
    const refused = [{ ...asked(tool, 'a')[0]!, refusal: 'This is one too many.' }];
    const first = await execution().run(refused);
    expect(first.answered).toEqual([{ callId: 'a', ok: false, content: 'This is one too many.' }]);
    expect([tool.counted, [...rows.entries.keys()]]).toEqual([[], ['tool:a']]);
    expect(await execution().run(asked(tool, 'a'))).toEqual(first);
  });

  it('waits for nobody where there is no thread that could wait', async () => {
    const tool = countingTool('count', { approval: 'always' });
    const told: StepEvent[] = [];
    const tell = (event: StepEvent) => void told.push(event);
    const approvals = { isRemembered: () => Promise.resolve(false), remember: () => Promise.resolve() };
    const means = { tools, approvals, journal: NO_JOURNAL, tell, signal: new AbortController().signal };
    const calls = new ToolCalls(means, { caller, turnId: 'turn' }, new Map());
    const { answered: results, waitsFor } = await calls.run(asked(tool, 'a'));
    expect([tool.counted, waitsFor]).toEqual([[], []]);
    expect(results[0]!.content).toContain('cannot be asked here');
    expect(told).toMatchObject([{ type: 'tool_result', data: { callId: 'a', ok: false } }]);
  });
});

describe('a call that a person has to agree to', () => {
  const strict = (change: object = {}) => countingTool('count', { approval: 'always', ...change });

  it('waits while the others are made, and is then made once', async () => {
    const free = countingTool('free');
    const tool = strict();
    const { execution } = turn();
    const both = [{ call: called('f', 'free'), tool: free }, ...asked(tool, 'a')];
    const { waitsFor } = await execution().run(both);
    expect(waitsFor).toMatchObject([{ kind: 'tool_approval', callId: 'a' }]);
    const said = [answered(waitsFor[0]!, 'accepted')];
    for (let times = 0; times < 2; times += 1) {
      const { answered: all } = await execution(said).run(both);
      expect(all.map(({ content }) => content)).toEqual(['free 1', 'count 1']);
    }
    expect([free.counted, tool.counted]).toEqual([['f'], ['a']]);
  });

  it('is asked for again when the tool is defined otherwise meanwhile', async () => {
    const { execution } = turn();
    const { waitsFor } = await execution().run(asked(strict(), 'a'));
    const changed = strict({ description: 'Counts backwards.' });
    const again = await execution([answered(waitsFor[0]!, 'accepted')]).run(asked(changed, 'a'));
    expect(again.waitsFor).toHaveLength(1);
    expect(again.waitsFor[0]!.key).not.toBe(waitsFor[0]!.key);
    expect(changed.counted).toEqual([]);
  });

  it('is asked for again when its arguments are others meanwhile', async () => {
    const { execution } = turn();
    const tool = strict();
    const round = (by: number) => [{ call: called('a', 'count', `{"by":${by}}`), tool }];
    const { waitsFor } = await execution().run(round(1));
    const again = await execution([answered(waitsFor[0]!, 'accepted')]).run(round(2));
    expect(again.waitsFor).toMatchObject([{ prompt: expect.stringContaining('{"by":2}') }]);
    expect(tool.counted).toEqual([]);
  });

  it('says of arguments that are too long to be shown that they are', async () => {
    const { execution } = turn();
    const long = `{"by":1${' '.repeat(20_000)}}`;
    const { waitsFor } = await execution().run([{ call: called('a', 'count', long), tool: strict() }]);
    const [{ prompt } = { prompt: '' }] = waitsFor;
    expect(prompt).toMatch(/^May Count count be called with these arguments\?\n\n\{"by":1 /);
    expect(prompt).toMatch(/\n\[10008 more characters are left out here\. .*\]$/);
  });

  it.each(['declined', 'cancelled', 'expired'] as const)(
    'is not made once it was %s, whatever tool and policy are by then',
    async (outcome) => {
      const { execution } = turn();
      const { waitsFor } = await execution().run(asked(strict(), 'a'));
      const said = [answered(waitsFor[0]!, outcome)];
      const now = countingTool('count', { description: 'Counts backwards.' });
      const {
        answered: [only],
        waitsFor: open,
      } = await execution(said).run(asked(now, 'a'));
      expect(only!.content).toContain('It was not made.');
      expect([open, now.counted]).toEqual([[], []]);
    },
  );

  it('goes by what was said of it, and not of one with a similar name', async () => {
    const { execution } = turn();
    const { waitsFor } = await execution().run(asked(strict(), 'a', 'a:b'));
    const said = [answered(waitsFor[0]!, 'accepted'), answered(waitsFor[1]!, 'declined')];
    const { answered: all } = await execution(said).run(asked(strict(), 'a', 'a:b'));
    expect(all[0]!.content).toBe('count 1');
    expect(all[1]!.content).toContain('declined');
  });
});

describe('a call that is under way when its turn is handed over', () => {
  it.each([
    [false, ['unknown'], 1],
    [true, ['count 2'], 2],
  ])('is made again only where that does no harm (%s)', async (idempotent, contents, count) => {
    const controller = new AbortController();
    const tool = countingTool('count', { idempotent }, async (signal, times) => {
      if (times === 1) controller.abort(new Error('handed over'));
      await Promise.resolve();
      signal.throwIfAborted();
      return `count ${times}`;
    });
    const { execution } = turn();
    const first = execution([], controller.signal);
    await expect(first.run(asked(tool, 'a'))).rejects.toThrow('handed over');
    const isHarmless = idempotent ? true : undefined;
    expect(first.told.map((event) => [event.type, (event as ToolCallTold).isHarmless])).toEqual([
      ['tool_call', isHarmless],
    ]);
    for (let times = 0; times < 2; times += 1) {
      const { answered: all } = await execution().run(asked(tool, 'a'));
      expect(all.map(({ content }) => content)).toEqual(
        contents.map((part) => expect.stringContaining(part)),
      );
    }
    expect(tool.counted).toHaveLength(count);
  });
});

describe('calls of a turn that is to go on in another process', () => {
  it('end here when they are begun, and are begun there otherwise: each is made once', async () => {
    const leaving = new AbortController();
    const reason = new Error('another one goes on');
    const left = Promise.withResolvers<string>();
    const slow = countingTool('slow', {}, () => left.promise);
    const tool = countingTool('count', {}, (_, count) => {
      leaving.abort(reason);
      setTimeout(() => left.resolve('at last'), 20);
      return Promise.resolve(`count ${count}`);
    });
    const { execution } = turn();
    const ids = Array.from({ length: 8 }, (_, place) => `call ${place}`);
    const round = [{ call: called('s', 'slow'), tool: slow }, ...asked(tool, ...ids)];

    const first = execution([], undefined, leaving.signal);
    await expect(first.run(round)).rejects.toBe(reason);
    const begun = [...tool.counted];
    expect(first.told.filter(({ type }) => type === 'tool_result')).toHaveLength(1 + begun.length);
    expect(first.told.filter(({ type }) => type === 'tool_call')).toHaveLength(1 + begun.length);

    const { answered: all } = await execution().run(round);
    expect(all.map(({ content }) => content)).toEqual([
      'at last',
      ...ids.map(() => expect.stringMatching(/^count \d$/)),
    ]);
    expect(begun.length).toBeLessThan(ids.length);
    expect([slow.counted, tool.counted]).toEqual([['s'], ids]);
  });

  it('are made here where they may be made again', async () => {
    const tool = countingTool('count', { idempotent: true });
    const left = AbortSignal.abort(new Error('another one goes on'));
    const { answered: all } = await turn().execution([], undefined, left).run(asked(tool, 'a'));
    expect(all).toEqual([{ callId: 'a', ok: true, content: 'count 1' }]);
  });
});

describe('calls that run side by side', () => {
  it('have all ended when one of them stops the turn, and no further one begins', async () => {
    const controller = new AbortController();
    let running = 0;
    const tool = countingTool('count', {}, async (signal, count) => {
      running += 1;
      if (count === 3) controller.abort(new Error('stop'));
      await pause(count * 5);
      running -= 1;
      signal.throwIfAborted();
      return 'never';
    });
    const { told, run } = turn().execution([], controller.signal);
    const ids = Array.from({ length: 12 }, (_, place) => `call ${place}`);
    await expect(run(asked(tool, ...ids))).rejects.toThrow('stop');
    expect(running).toBe(0);
    const before = tool.counted.length;
    await pause(20);
    expect([tool.counted.length, told.filter(({ type }) => type === 'tool_result')]).toEqual([before, []]);
    expect(before).toBeLessThanOrEqual(5);
  });

  it('keep of a result that is longer than the journal may have it the beginning and the end', async () => {
    const tool = countingTool('count', {}, () => Promise.resolve('\u0001'.repeat(400_000)));
    const { rows, execution } = turn();
    const {
      answered: [only],
    } = await execution().run(asked(tool, 'a'));
    const [head, cut, tail] = only!.content.split('\n\n');
    expect([head?.length, cut, tail?.length]).toEqual([
      126_000,
      '[272000 characters are left out here.]',
      2_000,
    ]);
    const { result } = rows.entries.get('tool:a') as { readonly result: unknown };
    expect(result).toMatchObject({ ok: true, truncated: true });
    expect(JSON.stringify(result).length).toBeLessThan(MAX_RESULT_LENGTH);
  });
});
