import { countingTool } from '../../../test/doubles/counting-tool.js';
import { answered, asked, turn } from '../../../test/support/turn-calls.js';
import type { ResolvedInput } from '../../kernel/index.js';
import type { Tool } from '../../tool/index.js';

describe('a call that asks a person while it is made', () => {
  /** Asks so many times before it is done, and notes what it is given. */
  const curious = (times: number) => {
    const given: unknown[] = [];
    const question = {
      key: 'where',
      kind: 'elicitation' as const,
      prompt: 'Where?',
      schema: null,
      answerMs: 1_000,
    };
    const tool: Tool = {
      definition: {
        ...countingTool('count', { idempotent: true }).definition,
        server: { name: 'files', identity: 'one', isTrusted: true },
      },
      async *call(args, { resumed }) {
        yield* await Promise.resolve([]);
        given.push([args, resumed?.state, resumed?.answers['where']?.outcome]);
        if (given.length <= times)
          return {
            asks: [{ ...question, mode: 'url', url: 'https://a.example/' }],
            state: `state ${given.length}`,
          };
        return { ok: true, parts: [{ type: 'text', text: 'done' }] };
      },
    };
    return { tool, given };
  };

  it('waits for the answer, and is then given it once with the state that it has left', async () => {
    const { tool, given } = curious(2);
    const { execution } = turn();
    const first = await execution().run(asked(tool, 'a'));
    expect(first.answered).toEqual([]);
    expect(first.waitsFor).toMatchObject([
      {
        kind: 'elicitation',
        callId: 'a',
        server: 'files',
        mode: 'url',
        url: 'https://a.example/',
        prompt: 'Where?',
      },
    ]);
    // Its process has died before anybody was asked.
    const again = await execution().run(asked(tool, 'a'));
    expect(again.waitsFor.map(({ key }) => key)).toEqual(first.waitsFor.map(({ key }) => key));
    expect(given).toHaveLength(1);
    const said = [answered(first.waitsFor[0]!, 'accepted')];
    const second = await execution(said).run(asked(tool, 'a'));
    expect(second.waitsFor[0]!.key).not.toBe(first.waitsFor[0]!.key);
    said.push(answered(second.waitsFor[0]!, 'declined'));
    for (let times = 0; times < 2; times += 1) {
      const { answered: all, waitsFor } = await execution(said).run(asked(tool, 'a'));
      expect([all, waitsFor]).toEqual([[{ callId: 'a', ok: true, content: 'done' }], []]);
    }
    expect(given).toEqual([
      [{}, undefined, undefined],
      [{}, 'state 1', 'accepted'],
      [{}, 'state 2', 'declined'],
    ]);
  });

  it('is unknown when its process dies while the answer is passed on, also where a call could be repeated', async () => {
    const { tool, given } = curious(1);
    const { rows, execution } = turn();
    const { waitsFor } = await execution().run(asked(tool, 'a'));
    await rows.begin({ threadId: 'thread', turnId: 'turn', epoch: 1 }, 'tool-2:a');
    const { answered: all } = await execution([answered(waitsFor[0]!, 'accepted')]).run(asked(tool, 'a'));
    expect(all[0]!.content).toContain('unknown');
    expect(given).toHaveLength(1);
  });

  it('says so when the tool is gone by then', async () => {
    const { tool } = curious(1);
    const { execution } = turn();
    const { waitsFor } = await execution().run(asked(tool, 'a'));
    const said = [answered(waitsFor[0]!, 'accepted')];
    for (const now of [undefined, tool]) {
      const { answered: all } = await execution(said).run(asked(now, 'a'));
      expect(all[0]!.content).toContain('not here any more');
    }
  });

  it('does not ask for ever', async () => {
    const { tool } = curious(100);
    const { execution } = turn();
    const said: ResolvedInput[] = [];
    for (let leg = 1; leg <= 10; leg += 1) {
      const { waitsFor } = await execution(said).run(asked(tool, 'a'));
      said.push(answered(waitsFor[0]!, 'accepted'));
    }
    const { answered: all } = await execution(said).run(asked(tool, 'a'));
    expect(all[0]!.content).toContain('asked too often');
  });
});
