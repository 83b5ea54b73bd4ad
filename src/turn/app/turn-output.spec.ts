import {
  foldTurn,
  newId,
  type Caller,
  type StepEvent,
  type StepOutcome,
  type TurnEvent,
  type WorkflowStatusChanged,
} from '../../kernel/index.js';
import { TurnWriter } from '../../log/index.js';
import { contextOf, newTurn } from '../../../test/support/turns.js';
import { answerComplete, type AnswerResult } from './turn-ending.js';
import { TurnMessages } from './turn-messages.js';
import { TurnOutput } from './turn-output.js';

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
  const commit = { pieceWindow: 0, schedule: () => undefined };
  const writer = new TurnWriter(commit, threadId, turnId, messageId, 2, 9);
  const context = { ...contextOf(newTurn(alice, threadId, { turnId })), assistantMessageId: messageId };
  const storage = { along: () => Promise.resolve() };
  const messages = new TurnMessages({ context, epoch: 2 }, writer, storage, foldTurn(events));
  return new TurnOutput(writer, messages, { events, attempt: 1 });
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

  it('is the message that was complete, where nothing is said after it', async () => {
    const output = outputAfter(SUMMARY, first);
    await tell(output, ...summaryAgain);
    expect(output.completed({ ...outcome, isAnswered: true })).toMatchObject({
      ...{ messageId: first, content: 'In short.', isStored: true },
      ...{ step: 'summarise', provider: 'openai', model: 'large' },
    });
  });
});
