import type { WireEvent } from '../support/wire-client.js';
import { AgentChatClient } from './agent-chat-client.js';
import {
  AGENT_CHAT_ORDERS,
  AGENT_CHAT_TYPES,
  errorIn,
  orderOf,
  planIn,
  shapeProblems,
  type AgentChatType,
} from './agent-chat-events.js';
import { DOCUMENTED_CHAT } from './agent-chat-requests.js';

const on = (event: AgentChatType, more: object = {}): WireEvent => ({
  event,
  data: { type: event, ...more },
});
const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const call = { id: 'call_123', name: 'search_web' };
const start = on('tool_call_start', { ...call, arguments: '{"query":"cats"}' });
const progress = on('tool_call_progress', { ...call, status: 'executing' });
const result = on('tool_call_result', { ...call, content: '[1] Cats' });
const message = on('message_complete', { role: 'assistant', content: 'Based on' });
const complete = on('complete', { status: 'success', usage, iterations: 2 });
const error = on('error', {
  error: 'Bad Gateway',
  message: 'Try again.',
  code: 'PROVIDER_ERROR',
  retryable: true,
  details: {},
});
const ONE_CALL = [
  on('status', { message: 'Thinking' }),
  on('llm_request', { phase: 'chat', model: 'gpt-4', provider: 'openai' }),
  on('llm_response', { phase: 'chat', model: 'gpt-4', usage, durationMs: 5 }),
  start,
  progress,
  result,
  on('delta', { content: 'Based ' }),
  on('delta', { content: 'on' }),
  message,
  complete,
];

describe('the events of the wire with tools', () => {
  it('are ten', () => {
    expect(AGENT_CHAT_TYPES).toHaveLength(10);
    expect(new Set(Object.values(AGENT_CHAT_ORDERS).flat())).not.toContain('status');
  });

  it('are as documented in a turn with one call', () => {
    expect(orderOf(ONE_CALL)).toEqual(AGENT_CHAT_ORDERS.oneCall);
    expect(shapeProblems(ONE_CALL)).toEqual([]);
    expect(AgentChatClient.shown(ONE_CALL)).toEqual({
      text: 'Based on',
      messages: [{ content: 'Based on', toolCalls: [] }],
      tools: new Map([['call_123', ['starting', 'executing', 'complete']]]),
      results: new Map([['call_123', '[1] Cats']]),
      outcome: 'success',
      problems: [],
    });
  });

  it('say of themselves what they are, for readers of data alone', () => {
    const unnamed = ONE_CALL.map(({ data }) => ({ event: undefined, data }));
    expect(AgentChatClient.shown(unnamed)).toEqual(AgentChatClient.shown(ONE_CALL));
    expect(shapeProblems([{ event: 'delta', data: { content: 'x' } }])).toHaveLength(1);
  });

  it.each<[why: string, event: WireEvent]>([
    ['an unknown type', { event: 'done', data: { type: 'done' } }],
    ['arguments that are no text', on('tool_call_start', { ...call, arguments: { query: 'cats' } })],
    ['a result that is no text', on('tool_call_result', { ...call, content: [] })],
    ['an empty piece', on('delta', { content: '' })],
    ['an end without a status', on('complete', { usage, iterations: 1 })],
    ['an error of no catalogue', on('error', { ...error.data, code: 'OOPS' })],
    ['a call without an id', on('tool_call_progress', { name: 'search_web', status: 'executing' })],
  ])('are not right with %s', (_why, event) => {
    expect(shapeProblems([event]).length).toBeGreaterThan(0);
  });

  it.each<[why: string, events: readonly WireEvent[]]>([
    ['a result before its progress', [start, result]],
    ['a result without a start', [result]],
    ['a call that starts twice', [start, start]],
    ['text while a tool runs', [start, progress, on('delta', { content: 'x' })]],
    ['a call without a result', [start, progress, complete]],
    ['a message that was not said', [on('delta', { content: 'Other' }), message]],
    ['an end without a message', [complete]],
    ['something after the end', [on('delta', { content: 'Based on' }), message, complete, progress]],
  ])('make no sense to a client as %s', (_why, events) => {
    expect(AgentChatClient.shown(events).problems.length).toBeGreaterThan(0);
  });

  it('end in an error, or break off, and a client can tell', () => {
    expect(AgentChatClient.shown([start, progress, error])).toMatchObject({ outcome: 'error', problems: [] });
    expect(errorIn([error])?.code).toBe('PROVIDER_ERROR');
    expect(errorIn([complete])).toBeUndefined();
    expect(AgentChatClient.shown([start]).outcome).toBe('broken off');
  });
});

describe('what else the wire has', () => {
  it('is a plan at the end of a text', () => {
    expect(planIn('First {this}, then:\n{"steps":[{"title":"a"}]}\n').steps).toEqual([{ title: 'a' }]);
    expect(() => planIn('{"steps":[]}')).toThrow('does not end in a plan');
    expect(() => planIn('{"steps":[1]} and more')).toThrow('does not end in a plan');
  });

  it('is a documented request that is JSON', () => {
    expect(JSON.parse(DOCUMENTED_CHAT)).toMatchObject({
      model: 'gpt-4',
      messages: [{ role: 'user', content: 'What is 2+2?' }],
      tools: [{ function: { name: 'search_web' } }, {}, {}],
    });
  });
});
