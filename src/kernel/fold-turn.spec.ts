import { randomTurn, sequence } from '../../test/support/random-turns.js';
import { foldTurn, TurnFold, type FoldedTurn } from './fold-turn.js';
import type { TurnEvent } from './turn-event.js';

const says = (messageId: string, content: string): TurnEvent => ({
  type: 'ai_response',
  data: { messageId, content, isComplete: false },
});
const thinks = (messageId: string, content: string): TurnEvent => ({
  type: 'ai_reasoning',
  data: { messageId, content },
});
const resets = (messageId: string, attempt: number): TurnEvent => ({
  type: 'ai_reset',
  data: { messageId, reason: 'PROVIDER_ERROR', attempt },
});

/** Each message's text and reasoning. */
const saidIn = (turn: FoldedTurn) =>
  [...turn.messages].map(([id, { said }]) => [id, said.text, said.reasoning]);

/** All of it, to be compared. */
const wholeOf = ({ messages, ...rest }: FoldedTurn) => ({
  ...rest,
  messages: [...messages].map(([id, { said, ...message }]) => {
    const { text, reasoning, chars } = said;
    return { id, text, reasoning, chars, ...message };
  }),
});

describe('what the events of a turn amount to', () => {
  it('is nothing before the first one', () => {
    const { messages, toolCalls, openInputs, ...rest } = foldTurn([]);

    expect([messages.size, toolCalls.size, openInputs.size, rest]).toEqual([0, 0, 0, { citations: [] }]);
  });

  it('is what each message says and thinks, whatever the others say in between', () => {
    const turn = foldTurn([says('a', 'One'), thinks('b', 'hm'), says('b', 'Two'), says('a', ' more')]);

    expect(saidIn(turn)).toEqual([
      ['a', 'One more', ''],
      ['b', 'Two', 'hm'],
    ]);
    expect(turn.messages.get('a')).toMatchObject({ attempt: 1 });
  });

  it('is without what a reset has taken back from its message, and from no other', () => {
    const turn = foldTurn([
      ...[says('a', 'One'), thinks('b', 'hm'), says('b', 'lost'), resets('b', 2), says('b', 'Two')],
    ]);

    expect(saidIn(turn)).toEqual([
      ['a', 'One', ''],
      ['b', 'Two', ''],
    ]);
    expect([...turn.messages.values()].map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('is how a message came to its end, with its whole text also for whoever has not heard all of it', () => {
    const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
    const end: TurnEvent = {
      type: 'ai_response',
      data: {
        ...{ messageId: 'a', content: '', isComplete: true, accumulated: 'One more' },
        ...{ usage, finishReason: 'length' },
      },
    };
    const { messages } = foldTurn([says('a', ' more'), end]);

    expect(messages.get('a')).toMatchObject({ end: { usage, finishReason: 'length' } });
    expect(messages.get('a')?.said.text).toBe('One more');
  });

  it('has a snapshot in place of the events it stands for', () => {
    const data = { turnId: 't', messageId: 'a', content: 'One', lastEventId: 7 };
    const turn = foldTurn([says('a', 'O'), { type: 'snapshot', data }, says('a', ' more')]);

    expect(saidIn(turn)).toEqual([['a', 'One more', '']]);
  });

  it('is how far each call of a tool has come', () => {
    const call = { callId: '1', messageId: 'a', name: 'search', arguments: '{}' };
    const result = { callId: '1', name: 'search', ok: true, content: 'Found', durationMs: 2 };
    const { toolCalls } = foldTurn([
      { type: 'tool_call', data: { ...call, status: 'requested' } },
      { type: 'tool_call', data: { ...call, callId: '2', status: 'requested' } },
      { type: 'tool_call', data: { ...call, status: 'executing' } },
      { type: 'tool_result', data: result },
    ]);

    expect([...toolCalls.values()]).toEqual([
      { call: { ...call, status: 'executing' }, result },
      { call: { ...call, callId: '2', status: 'requested' } },
    ]);
  });

  it('is what it still waits for', () => {
    const input = {
      kind: 'human_step',
      prompt: '?',
      schema: null,
      expiresAt: '2026-01-02T03:04:05Z',
    } as const;
    const { openInputs } = foldTurn([
      { type: 'input_required', data: { ...input, inputId: '1' } },
      { type: 'input_required', data: { ...input, inputId: '2' } },
      { type: 'input_resolved', data: { inputId: '1', outcome: 'accepted' } },
    ]);

    expect([...openInputs.values()]).toEqual([{ ...input, inputId: '2' }]);
  });

  it('is the newest of what it cites, where it stands, and how it ended', () => {
    const events = randomTurn(sequence(1), { turnId: 't', threadId: 'th', messageIds: ['a'] });
    const cited = { marker: '[1]', documentId: 'd', chunkId: 'c', title: 'T', score: 1 };
    const error = { error: 'Bad Gateway', message: 'm', code: 'PROVIDER_ERROR' } as const;
    const turn = foldTurn([
      events[0]!,
      { type: 'rag_context', data: { citations: [cited] } },
      { type: 'error', data: { ...error, retryable: true, details: {} } },
      { type: 'done', data: { success: false, turnId: 't', status: 'failed' } },
    ]);

    expect(turn).toMatchObject({
      citations: [cited],
      error,
      outcome: 'failed',
      userMessage: { role: 'user' },
    });
  });

  it('is the same whether it is looked at after every event or only in the end', () => {
    const random = sequence(20_261_130);
    for (let turns = 0; turns < 50; turns += 1) {
      const events = randomTurn(random, { turnId: 't', threadId: 'th', messageIds: ['a', 'b', 'c'] });
      const fold = new TurnFold();
      events.forEach((event, index) => {
        fold.add(event);
        expect(wholeOf(fold.turn)).toEqual(wholeOf(foldTurn(events.slice(0, index + 1))));
      });
    }
  });
});
