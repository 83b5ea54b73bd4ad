import type { ToolUpdate } from '../answer-updates.js';
import { agentChatTurnWire } from './agent-chat-turn-wire.js';

const piece = (text: string) => ({ type: 'piece', text }) as const;
const done = { type: 'done', finishReason: 'stop' } as const;
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
      ...['status', 'delta One', 'delta \n\n', 'delta two', 'message_complete One\n\ntwo', 'complete 1'],
    ]);
  });
});
