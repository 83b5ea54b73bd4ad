import { AppError, type MessageEnd, type StepEvent } from '../../kernel/index.js';
import { AgentChatWriter } from './agent-chat-writer.js';

const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
const attempt = (provider: string): StepEvent => ({ type: 'attempt', provider, model: 'm' });
const text: StepEvent = { type: 'text', text: 'Hi' };
const told = { callId: 'c', name: 'search_web', arguments: '{}' };
const call = (status: 'requested' | 'approved' | 'executing'): StepEvent => ({
  type: 'tool_call',
  data: { ...told, status },
});
const requestedCall = { ...told, status: 'requested' } as const;
const result = {
  type: 'tool_result',
  data: { callId: 'c', name: 'search_web', ok: true, content: '[1]', durationMs: 5 },
} as const;
const end: MessageEnd = {
  type: 'message_end',
  step: 'answer',
  finishReason: 'tool_calls',
  usage,
  citations: [],
  toolCalls: [],
};

const inShort = (...events: readonly StepEvent[]) => {
  const writer = new AgentChatWriter('chat');
  return events.map((event) =>
    writer.event(event)?.map(({ event: name, data }) => {
      expect(JSON.parse(data).type).toBe(name);
      const { provider, status } = JSON.parse(data);
      return [name, provider ?? status].filter((part) => part !== undefined).join(' ');
    }),
  );
};

describe('the events of the wire with tools', () => {
  it('tell the first request when something has come of it, and the later ones at once', () => {
    expect(inShort(attempt('openai'), attempt('groq'), text, end, attempt('openai'))).toEqual([
      undefined,
      undefined,
      ['llm_request groq', 'delta'],
      ['llm_response groq'],
      ['llm_request openai'],
    ]);
  });

  it('tell of a call that it starts, runs and has a result', () => {
    const progress: StepEvent = { type: 'tool_progress', data: { callId: 'c', progress: 1, total: 2 } };
    const requested = [{ ...told, status: 'requested' as const }];
    expect(
      inShort(
        attempt('openai'),
        { ...end, requested },
        call('approved'),
        call('executing'),
        progress,
        result,
      ),
    ).toEqual([
      undefined,
      ['llm_request openai', 'llm_response openai', 'tool_call_start'],
      [],
      ['tool_call_progress executing'],
      ['status executing'],
      ['tool_call_result'],
    ]);
  });

  it('tell of the calls that an answer ends with behind it', () => {
    const requested = ['c', 'd'].map((callId) => ({ ...told, callId, status: 'requested' as const }));
    expect(inShort(attempt('openai'), { ...end, requested })).toEqual([
      undefined,
      ['llm_request openai', 'llm_response openai', 'tool_call_start', 'tool_call_start'],
    ]);
  });

  it('tell of a call that was not carried out that it was refused', () => {
    expect(inShort(call('requested'), result)).toEqual([
      ['tool_call_start'],
      ['tool_call_progress refused', 'tool_call_result'],
    ]);
  });

  it('tell of each call what came of it, also where the answer fails', () => {
    const writer = new AgentChatWriter('chat');
    const told = ['done', 'running', 'waiting'].map((callId) => ({ ...requestedCall, callId }));
    for (const data of told) writer.event({ type: 'tool_call', data });
    for (const callId of ['done', 'running'])
      writer.event({ type: 'tool_call', data: { ...requestedCall, callId, status: 'executing' } });
    writer.event({ type: 'tool_result', data: { ...result.data, callId: 'done' } });
    const error = new AppError('SHUTTING_DOWN', 'Ask again.').toBody();
    const frames = writer.failed(error).map(({ data }) => JSON.parse(data));
    const cutOff = { name: 'search_web', ok: false, content: 'Ask again.', durationMs: expect.any(Number) };
    expect(frames).toEqual([
      { type: 'tool_call_result', id: 'running', ...cutOff },
      { type: 'tool_call_progress', id: 'waiting', name: 'search_web', status: 'refused' },
      { type: 'tool_call_result', id: 'waiting', ...cutOff },
      { type: 'error', ...error },
    ]);
  });

  it('take nothing back', () => {
    expect(() => inShort({ type: 'reset', reason: 'PROVIDER_ERROR' })).toThrow('cannot be taken back');
  });
});
