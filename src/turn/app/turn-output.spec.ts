import {
  AppError,
  foldTurn,
  newId,
  type Caller,
  type StepEvent,
  type StepOutcome,
  type TurnEvent,
  type WorkflowStatusChanged,
} from '../../kernel/index.js';
import { dataOf, TurnWriter } from '../../log/index.js';
import { contextOf, newTurn } from '../../../test/support/turns.js';
import { answerComplete, type AnswerResult } from './turn-ending.js';
import { TurnMessages } from './turn-messages.js';
import { TurnOutput } from './turn-output.js';
import type { TurnStorage } from './turn-storage.js';

const [threadId, turnId, first, second, runId] = [newId(), newId(), newId(), newId(), newId()];
const alice: Caller = {
  ...{ org: 'acme', id: 'alice', name: undefined, email: undefined },
  ...{ roles: [], clearance: 'public' },
};
const result: AnswerResult = {
  ...{ finishReason: 'stop', citations: [], toolCalls: [] },
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
};

const begins = (step: string): WorkflowStatusChanged => ({
  type: 'workflow_status',
  data: {
    ...{ workflow: 'intake', version: 1, runId, step, stepTitle: step },
    ...{ status: 'step_started', progress: { done: 0, total: 2 } },
  },
});
const says = (messageId: string, content: string): TurnEvent => ({
  type: 'ai_response',
  data: { messageId, content, isComplete: false },
});
const SUMMARY: readonly TurnEvent[] = [
  begins('summarise'),
  says(first, 'In short.'),
  answerComplete(first, 'In short.', result),
];

/** What a turn answers that has told this before, and whose newest message is the one named. */
function outputAfter(events: readonly TurnEvent[], messageId: string): TurnOutput {
  return storing(events, messageId).output;
}

/** The same, with what is stored along with messages, and what waits to be written besides. */
function storing(events: readonly TurnEvent[], messageId: string, mayLackCalls = false) {
  const commit = { pieceWindow: 0, schedule: () => undefined };
  const writer = new TurnWriter(commit, threadId, turnId, messageId, 2, 9);
  const context = { ...contextOf(newTurn(alice, threadId, { turnId })), assistantMessageId: messageId };
  const stored: (readonly TurnEvent[])[] = [];
  const storage: Pick<TurnStorage, 'along'> = {
    along: (_lease, _writer, along) => Promise.resolve(void stored.push(along)),
  };
  const messages = new TurnMessages({ context, epoch: 2 }, writer, storage, foldTurn(events));
  const output = new TurnOutput(writer, messages, { events, attempt: 1, mayLackCalls });
  const written = () => (writer.nextBatch(0)?.events ?? []).map((event) => dataOf(event));
  return { output, stored, written };
}

async function tell(output: TurnOutput, ...events: readonly StepEvent[]): Promise<void> {
  for (const event of events) await output.take(event);
}

const summaryAgain: readonly StepEvent[] = [
  begins('summarise'),
  { type: 'attempt', provider: 'openai', model: 'large' },
  { type: 'text', text: 'In short.' },
  { type: 'message_end', step: 'summarise', ...result },
];
const handedOver: readonly StepEvent[] = [
  begins('handover'),
  { type: 'attempt', provider: 'groq', model: 'small' },
  { type: 'text', text: 'Here it is.' },
];
const outcome: StepOutcome = {
  ...{ ...result, closing: [] },
  workflow: { workflow: 'intake', runId, step: 'handover', status: 'completed' },
};

describe('what a turn answers that is executed again', () => {
  it('is of its own step and model, where a former execution had begun the message', async () => {
    const output = outputAfter([...SUMMARY, begins('handover'), says(second, 'Here')], second);
    output.beginAgain('INTERNAL');
    await tell(output, ...summaryAgain, ...handedOver);
    expect(output.completed(outcome)).toMatchObject({
      ...{ messageId: second, content: 'Here it is.', isStored: false },
      ...{ step: 'handover', provider: 'groq', model: 'small' },
    });
  });

  it('is of its own step and model, where it begins the message', async () => {
    const output = outputAfter(SUMMARY, first);
    await tell(output, ...summaryAgain, ...handedOver);
    const ending = output.completed(outcome);
    expect(ending.messageId).not.toBe(first);
    expect(ending).toMatchObject({ step: 'handover', provider: 'groq', model: 'small' });
  });

  it('is a message of its own, also where it says nothing', async () => {
    const { output, written } = storing(SUMMARY, first);
    const [begun, attempt] = handedOver as [WorkflowStatusChanged, StepEvent];
    await tell(output, ...summaryAgain, begun, attempt, { type: 'text', text: '' });
    const ending = output.completed(outcome);
    expect(ending.messageId).not.toBe(first);
    expect(ending).toMatchObject({ content: '', isStored: false, step: 'handover', provider: 'groq' });
    expect(written()).toEqual([begun.data]);
  });

  it('is the message that was complete, where nothing is said after it', async () => {
    const output = outputAfter(SUMMARY, first);
    await tell(output, ...summaryAgain);
    expect(output.completed({ ...outcome, isAnswered: true })).toMatchObject({
      ...{ messageId: first, content: 'In short.', isStored: true },
      ...{ step: 'summarise', provider: 'openai', model: 'large' },
    });
  });
});

describe('the calls of a turn', () => {
  const data = { callId: 'a', name: 'look', arguments: '{}' };
  const requested = (callId: string) => ({ ...data, callId, status: 'requested' as const });
  const told = (callId: string, status: 'requested' | 'executing'): TurnEvent => ({
    type: 'tool_call',
    data: { ...data, callId, messageId: first, status },
  });
  const asks = (callId: string): TurnEvent => ({
    type: 'input_required',
    data: {
      ...{ inputId: newId(), kind: 'tool_approval', prompt: '?', schema: null, callId },
      expiresAt: '2026-01-02T03:04:05.678Z',
    },
  });
  const resultsIn = (stored: readonly TurnEvent[]) =>
    stored.flatMap((event) =>
      event.type === 'tool_result' ? [[event.data.callId, event.data.content]] : [],
    );
  const CUT_OFF = 'This call was cut off. Whether it was carried out is unknown.';
  const NOT_BEGUN = 'This call was cancelled before it began.';
  const CANCELLED = 'This call was cancelled.';
  const CANCELLED_UNKNOWN = 'This call was cancelled. Whether it took effect is unknown.';
  const stopped = { error: null };
  const failed = { error: new AppError('INTERNAL', 'It broke.').toBody() };

  it('are told of with the message that they belong to', async () => {
    const { output, stored } = storing([], first);
    const end = { type: 'message_end', step: 'reply', ...result } as const;
    await tell(output, { ...end, requested: [requested('a'), requested('b')] });
    expect(stored.map((batch) => batch.map(({ type }) => type))).toEqual([
      ['ai_response', 'tool_call', 'tool_call'],
    ]);
    expect(stored[0]![1]).toEqual(told('a', 'requested'));
  });

  it.each([
    ['stopped', stopped, CANCELLED_UNKNOWN, CANCELLED],
    ['failed', failed, CUT_OFF, CUT_OFF],
  ])(
    'have one result each, also those that are cut off where the turn is %s',
    async (_, how, begun, read) => {
      const { output, stored, written } = storing([], first);
      const end = { type: 'message_end', step: 'reply', ...result } as const;
      await tell(output, { ...end, requested: ['a', 'b', 'c', 'd'].map(requested) });
      const executing = (callId: string) => ({ ...requested(callId), status: 'executing' as const });
      await tell(output, { type: 'tool_call', data: executing('b') });
      await tell(output, { type: 'tool_call', data: executing('c'), isHarmless: true });
      expect(written()).toEqual([told('b', 'executing').data, told('c', 'executing').data]);
      const found = { callId: 'a', name: 'look', ok: true, content: 'Found', durationMs: 1 };
      await tell(output, { type: 'tool_result', data: found }, { type: 'tool_result', data: found });
      await output.closeCalls(how);
      await output.closeCalls(how);
      expect(resultsIn(stored.flat())).toEqual([
        ['a', 'Found'],
        ['b', begun],
        ['c', read],
        ['d', NOT_BEGUN],
      ]);
    },
  );

  it('may have been made where their process died, but for those that nobody has agreed to', async () => {
    const log = [...SUMMARY, told('a', 'requested'), told('b', 'requested'), asks('b')];
    for (const [how, mayLackCalls, came] of [
      [failed, true, CUT_OFF],
      [stopped, true, CANCELLED_UNKNOWN],
      [stopped, false, NOT_BEGUN],
    ] as const) {
      const { output, stored } = storing(log, first, mayLackCalls);
      await output.closeCalls(how);
      expect(resultsIn(stored.flat())).toEqual([
        ['a', came],
        ['b', NOT_BEGUN],
      ]);
    }
  });

  it('stay with their message where a later one begins anew', () => {
    const log = [...SUMMARY, told('a', 'requested'), says(second, 'Half')];
    const { output, written } = storing(log, second);
    output.beginAgain('INTERNAL');
    expect(written()).toEqual([{ messageId: second, reason: 'INTERNAL', attempt: 2 }]);
  });

  it('leave nothing to begin anew where their message is the last one', () => {
    const { output, written } = storing([...SUMMARY, told('a', 'requested')], first);
    output.beginAgain('INTERNAL');
    expect(written()).toEqual([]);
  });

  it('are told of once, in whatever order they are told again', async () => {
    const log = [...SUMMARY, told('a', 'requested'), told('b', 'requested'), told('a', 'executing')];
    const { output, stored, written } = storing(log, first);
    await tell(output, ...summaryAgain);
    for (const callId of ['b', 'a', 'b'])
      await tell(output, { type: 'tool_call', data: { ...requested(callId), status: 'executing' } });
    expect(stored).toEqual([]);
    expect(written()).toEqual([told('b', 'executing').data]);
  });
});
