import { newId, type ControlEvent, type Message, type TurnEvent } from '../../kernel/index.js';
import { streamEvent } from './stream-event-schemas.js';

const id = newId();
const message: Message = {
  id,
  threadId: id,
  turnId: id,
  parentTurnId: id,
  siblings: { index: 0, count: 1, turnIds: [id] },
  role: 'assistant',
  content: 'Hi',
  status: 'complete',
  provider: 'local',
  model: 'quotes',
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3, estimated: true },
  citations: [
    { marker: '[1]', documentId: id, chunkId: id, title: 'T', score: 1, offsets: { start: 0, end: 2 } },
  ],
  toolCalls: [{ id: 'call', name: 'search', arguments: '{}' }],
  step: 'reply',
  createdAt: '2026-01-02T03:04:05.678Z',
};
const usage = message.usage;
const expiresAt = message.createdAt;

/** One of each: a new kind of event does not compile until it is here. */
const events: { readonly [Event in TurnEvent | ControlEvent as Event['type']]: Event['data'] } = {
  connected: { threadId: id, lastEventId: 0 },
  message_saved: { message },
  workflow_status: {
    workflow: 'chat',
    version: 1,
    runId: id,
    step: 'reply',
    stepTitle: 'Reply',
    status: 'waiting',
    progress: { done: 0, total: 1 },
  },
  rag_context: { citations: message.citations },
  ai_response: {
    messageId: id,
    content: '',
    isComplete: true,
    accumulated: 'Hi',
    usage,
    finishReason: 'stop',
  },
  ai_reasoning: { messageId: id, content: 'Hm' },
  ai_reset: { messageId: id, reason: 'provider_failed', attempt: 2 },
  tool_call: { callId: 'c', messageId: id, name: 'n', arguments: '{}', status: 'requested' },
  tool_progress: { callId: 'c', progress: 1, total: 2, message: 'Half of it' },
  tool_result: { callId: 'c', name: 'n', ok: true, content: '', durationMs: 1 },
  input_required: { inputId: id, kind: 'human_step', prompt: '?', schema: null, expiresAt },
  input_resolved: { inputId: id, outcome: 'accepted' },
  workflow_complete: { workflow: 'chat', runId: id, step: 'reply', status: 'waiting', message },
  error: { error: 'Bad Gateway', message: 'm', code: 'PROVIDER_ERROR', retryable: true, details: {} },
  done: { success: true, turnId: id, status: 'completed' },
  suspended: { turnId: id, inputIds: [id] },
  snapshot: { turnId: id, messageId: id, content: 'Hi', lastEventId: 3 },
};

describe('the documented stream', () => {
  it.each(Object.entries(events))('has %s as it is sent', (type, data) => {
    const frame = { type, data, timestamp: '2026-01-02T03:04:05.678Z' };

    expect(streamEvent.parse(frame)).toEqual(frame);
  });

  it('has nothing that is never sent', () => {
    const documented = streamEvent.options.map((option) => option.shape.type.value);

    expect([...documented].sort()).toEqual(Object.keys(events).sort());
  });
});
