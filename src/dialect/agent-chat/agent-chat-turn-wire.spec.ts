import type { ToolUpdate } from '../answer-updates.js';
import { agentChatTurnWire } from './agent-chat-turn-wire.js';

const piece = (text: string) => ({ type: 'piece', text }) as const;
const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
const turn = { usage, iterations: 3, inputs: [] };
const done = { type: 'done', finishReason: 'stop', turn } as const;
const tool = (event: object) => ({ type: 'tool', event }) as ToolUpdate;
const call = (messageId: string, callId: string, status: string) =>
  tool({ type: 'tool_call', data: { callId, messageId, name: 'search_web', arguments: '{}', status } });
const result = (callId: string) =>
  tool({ type: 'tool_result', data: { callId, name: 'search_web', ok: true, content: '', durationMs: 1 } });

function told(...updates: Parameters<ReturnType<typeof agentChatTurnWire>['frames']>[0][]) {
  const wire = agentChatTurnWire();
  const frames = [...wire.opening, ...updates.flatMap((update) => wire.frames(update))];
  return frames.map(({ event, data }) => {
    const { content, iterations } = JSON.parse(data);
    return [event, content ?? iterations].filter((part) => part !== undefined && part !== '').join(' ');
  });
}

describe('a turn of a thread on the wire with tools', () => {
  it('has the text since the last calls as its message', () => {
    expect(
      told(
        ...[piece('Let me look.'), call('a', '1', 'requested'), call('a', '1', 'executing'), result('1')],
        ...[call('b', '2', 'requested'), result('2'), piece('\n\n'), piece('So'), piece('.'), done],
      ),
    ).toEqual([
      ...['status', 'delta Let me look.', 'tool_call_start', 'tool_call_progress', 'tool_call_result'],
      ...['tool_call_start', 'tool_call_progress', 'tool_call_result'],
      ...['delta So', 'delta .', 'message_complete So.', 'complete 3'],
    ]);
  });

  it('keeps what separates two messages', () => {
    expect(told(piece('One'), piece('\n\n'), piece('two'), done)).toEqual([
      ...['status', 'delta One', 'delta \n\n', 'delta two', 'message_complete One\n\ntwo', 'complete 3'],
    ]);
  });

  it('says that it waits, and for what, instead of what people are asked', () => {
    const inputs = [{ inputId: 'i', callId: '1' }, { inputId: 'j' }];
    const waiting = { type: 'done', finishReason: 'tool_calls', turn: { ...turn, inputs } } as const;
    const wire = agentChatTurnWire();
    const said = [piece('Let me look.'), call('a', '1', 'requested'), waiting].flatMap(wire.frames);
    expect(said.slice(-3).map(({ data }) => JSON.parse(data))).toEqual([
      { type: 'status', status: 'waiting', message: 'The turn waits for a person.' },
      { type: 'message_complete', role: 'assistant', content: '', finish_reason: 'tool_calls' },
      {
        ...{ type: 'complete', status: 'waiting', iterations: 3, finish_reason: 'tool_calls', inputs },
        usage: expect.objectContaining({ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }),
      },
    ]);
  });
});
