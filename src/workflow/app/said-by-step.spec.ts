import type { StepEvent, ToolCall } from '../../kernel/index.js';
import { SaidByStep } from './said-by-step.js';

function setUp() {
  const told: StepEvent[] = [];
  const said = new SaidByStep((event) => void told.push(event));
  return { told, said };
}

const text = (words: string): StepEvent => ({ type: 'text', text: words });
const calls = (...ids: readonly string[]): readonly ToolCall[] =>
  ids.map((id) => ({ id, name: 'count', arguments: '{}' }));
const USAGE = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const end = (...ids: readonly string[]): StepEvent => ({
  ...{ type: 'message_end', step: 'ask', finishReason: 'tool_calls', usage: USAGE, citations: [] },
  toolCalls: [...calls(...ids)],
});
const result = (callId: string): StepEvent => ({
  type: 'tool_result',
  data: { callId, name: 'count', ok: true, content: '1', durationMs: 1 },
});

describe('what a step has said', () => {
  it('is handed on as it is, and taken back where the message has not ended', async () => {
    const { told, said } = setUp();
    await said.tell(text('Hel'));
    await said.tell({ type: 'reset', reason: 'PROVIDER_UNAVAILABLE' });
    expect(said.hasSaid).toBe(false);
    await said.takeBack('MODEL_REFUSED');
    expect(told).toHaveLength(2);
    await said.tell(text('Hello'));
    await said.takeBack('MODEL_REFUSED');
    expect(told.slice(2)).toEqual([text('Hello'), { type: 'reset', reason: 'MODEL_REFUSED' }]);
  });

  it('stays where the message has ended, and gives each of its calls a result', async () => {
    const { told, said } = setUp();
    await said.tell({ type: 'attempt', provider: 'steady', model: 'one' });
    await said.tell(text('I look.'));
    await said.tell(end('a', 'b'));
    await said.tell(result('a'));
    const before = told.length;
    await said.takeBack('PROVIDER_TIMEOUT');
    expect(told.slice(before)).toMatchObject([
      { type: 'tool_result', data: { callId: 'b', name: 'count', ok: false } },
    ]);
    expect(said.rounds).toMatchObject([
      { provider: 'steady', model: 'one', text: 'I look.', toolCalls: calls('a', 'b') },
    ]);
    await said.takeBack('PROVIDER_TIMEOUT');
    expect(told).toHaveLength(before + 1);
  });
});
