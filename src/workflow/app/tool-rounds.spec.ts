import { countingTool } from '../../../test/doubles/counting-tool.js';
import { MemoryRunJournal } from '../../../test/doubles/memory-run-journal.js';
import type { StepEvent, ToolCall } from '../../kernel/index.js';
import type { Answered, Question } from '../../llm/index.js';
import { Journal } from './journal.js';
import type { AskedCall, ToolCalls } from './tool-calls.js';
import { ToolRounds } from './tool-rounds.js';

const QUESTION = { messages: [{ role: 'user', content: 'Count.' }] } as unknown as Question;
const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };

function answering(toolCalls: readonly ToolCall[]): Answered {
  const finishReason = toolCalls.length > 0 ? 'tool_calls' : 'stop';
  return { provider: 'p', model: 'm', finishReason, usage, toolCalls, said: { text: [], reasoning: [] } };
}

/** The rounds of a model that calls this in each of them, and answers then. */
async function roundsOf(...rounds: readonly (readonly ToolCall[])[]) {
  const made: ToolCall[] = [];
  const told: StepEvent[] = [];
  const rows = new MemoryRunJournal();
  const left = [...rounds, []];
  const calls = {
    shown: ({ content }: { readonly content: string }) => content,
    run(asked: readonly AskedCall[]) {
      made.push(...asked.map(({ call }) => call));
      const answered = asked.map(({ call }) => ({ callId: call.id, content: 'Counted.' }));
      return Promise.resolve({ answered, waitsFor: [] });
    },
  } as unknown as ToolCalls;
  const means = {
    models: { ask: () => Promise.resolve(answering(left.shift() ?? [])) },
    journal: new Journal(rows, { threadId: 'thread', turnId: 'turn', epoch: 1 }, false),
    tell: (event: StepEvent) => {
      told.push(event);
      return undefined;
    },
    ...{ calls, signal: new AbortController().signal, callIds: new Set(['used']), maxRounds: 5 },
  };
  const tools = [countingTool('count')];
  await new ToolRounds(means, { key: 'step:0', id: 'reply' }, tools).ask(QUESTION);
  return { made, told, rows };
}
const called = (id: string, args = '{}'): ToolCall => ({ id, name: 'count', arguments: args });

describe('the calls of a turn', () => {
  it('have each a name of its own, whatever the providers call them', async () => {
    const long = 'x'.repeat(200);
    const { made } = await roundsOf(
      [called('a'), called('a'), called(''), called('used')],
      [called('a'), called(''), called(long), called(long), called('n\0ul')],
    );
    const ids = made.map(({ id }) => id);
    expect(ids.slice(0, 6)).toEqual(['a', 'a_2', 'call', 'used_2', 'a_3', 'call_2']);
    expect(new Set(ids).size).toBe(9);
    expect(Math.max(...ids.map(({ length }) => length))).toBeLessThanOrEqual(128);
    expect(ids.at(-1)).toBe('nul');
  });

  it('are told of with the message that makes them', async () => {
    const { told } = await roundsOf([called('a')]);
    expect(told).toMatchObject([
      {
        ...{ type: 'message_end', step: 'reply', toolCalls: [{ id: 'a' }] },
        requested: [{ callId: 'a', name: 'count', title: 'Count count', status: 'requested' }],
      },
    ]);
  });

  it('can be kept, however long their arguments are, and those that are too long are none', async () => {
    const long = JSON.stringify({ by: 'x'.repeat(250_000) });
    const { made, rows } = await roundsOf([called('a', long), called('b', long), called('c')]);
    expect(made.map((call) => call.arguments)).toEqual([long, expect.stringContaining('left out'), '{}']);
    expect(typeof JSON.parse(made[1]!.arguments)).toBe('string');
    expect([...rows.entries.keys()]).toEqual(['model:step:0:1']);
  });
});
