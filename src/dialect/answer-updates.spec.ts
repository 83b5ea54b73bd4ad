import type { AnswerPart, ErrorBody } from '../kernel/index.js';
import type { LoggedEvent } from '../log/index.js';
import {
  withoutResets,
  TurnAnswerReader,
  statelessUpdates,
  type AnswerUpdate,
  type AnswerUpdates,
} from './answer-updates.js';

const failure: ErrorBody = {
  error: 'Bad Gateway',
  message: 'It broke.',
  code: 'PROVIDER_ERROR',
  retryable: true,
  details: {},
};
const piece = (text: string): AnswerUpdate => ({ type: 'piece', text });
const reset: AnswerUpdate = { type: 'reset' };
const done: AnswerUpdate = { type: 'done', finishReason: 'stop' };

const logged = (type: LoggedEvent['type'], data: unknown): LoggedEvent => ({
  seq: 1,
  turnId: 't',
  type,
  data: JSON.stringify(data),
  at: '2026-01-02T03:04:05.678Z',
});

async function* speechOf(...batches: (readonly AnswerUpdate[])[]): AnswerUpdates {
  for (const batch of batches) yield await Promise.resolve(batch);
}

async function batchesOf(updates: AnswerUpdates): Promise<(readonly AnswerUpdate[])[]> {
  const batches = [];
  for await (const batch of updates) batches.push(batch);
  return batches;
}

const said = (messageId: string, content: string) =>
  logged('ai_response', { messageId, content, isComplete: false });
const complete = (messageId: string, accumulated: string, finishReason = 'stop') =>
  logged('ai_response', {
    ...{ messageId, content: '', isComplete: true, accumulated },
    ...{ usage: null, finishReason },
  });
const taken = (messageId: string) => logged('ai_reset', { messageId, reason: 'PROVIDER_ERROR', attempt: 2 });
const ended = (status: string) => logged('done', { success: status === 'completed', turnId: 't', status });

/** What the events say, one after the other. */
function read(...events: readonly LoggedEvent[]): readonly AnswerUpdate[] {
  const reader = new TurnAnswerReader();
  return events.flatMap((event) => reader.read(event));
}

describe('what the events of a turn say', () => {
  it('is pieces, resets, and the end with its reason', () => {
    expect(read(said('m', 'Hi "you"\n'), taken('m'), said('m', 'Hi'), complete('m', 'Hi', 'length'))).toEqual(
      [piece('Hi "you"\n'), reset, piece('Hi')],
    );
    expect(read(said('m', 'Hi'), complete('m', 'Hi', 'length'), ended('completed'))).toEqual([
      piece('Hi'),
      { type: 'done', finishReason: 'length' },
    ]);
    expect(read(logged('error', failure))).toEqual([{ type: 'failed', error: failure }]);
  });

  it('is one text where a turn has several messages, of which a reset takes back the last one', () => {
    const events = [
      said('1', 'One'),
      complete('1', 'One'),
      said('2', 'Two, b'),
      taken('2'),
      said('2', 'Two'),
    ];
    const updates = read(...events, complete('2', 'Two'), ended('completed'));
    expect(updates.at(-1)).toEqual(done);
    let text = '';
    for (const update of updates) {
      if (update.type === 'reset') text = '';
      if (update.type === 'piece') text += update.text;
    }
    expect(text).toBe('One\n\nTwo');
  });

  it('ends with what people are asked where the turn waits for them, and have not answered', () => {
    const asks = (inputId: string, prompt: string) => logged('input_required', { inputId, prompt });
    const answered = (inputId: string) => logged('input_resolved', { inputId, outcome: 'accepted' });
    const waits = (...events: readonly LoggedEvent[]) => {
      const reader = new TurnAnswerReader();
      const told = [...events.flatMap((event) => reader.read(event)), ...reader.waits()];
      expect(told.at(-1)).toEqual(done);
      return told.map((one) => (one.type === 'piece' ? one.text : '')).join('');
    };
    const draft = [said('1', 'The draft.'), complete('1', 'The draft.')];
    expect(waits(asks('i', 'Is it right?'))).toBe('Is it right?');
    expect(waits(...draft, asks('i', 'Is it right?'))).toBe('The draft.\n\nIs it right?');
    expect(waits(asks('i', 'First?'), answered('i'), ...draft, asks('j', 'Then?'), asks('k', 'And?'))).toBe(
      'The draft.\n\nThen?\n\nAnd?',
    );
    // What was answered is not part of what the turn has said.
    expect(read(...draft, asks('i', 'Is it right?'), answered('i'), ended('completed'))).toEqual([
      piece('The draft.'),
      done,
    ]);
  });

  it('says in detail what the turn has cost by then, and what it waits for instead of what is asked', () => {
    const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
    const message = (messageId: string, cost: typeof usage | null, finishReason: string) =>
      logged('ai_response', {
        ...{ messageId, content: '', isComplete: true, accumulated: '' },
        ...{ usage: cost, finishReason },
      });
    const reader = new TurnAnswerReader(true);
    for (const event of [
      ...[message('1', usage, 'tool_calls'), message('2', null, 'stop'), message('3', usage, 'tool_calls')],
      logged('input_required', { inputId: 'i', prompt: 'May it?', callId: 'c' }),
      logged('input_required', { inputId: 'j', prompt: 'And?' }),
      logged('input_required', { inputId: 'k', prompt: 'Is it?' }),
      logged('input_resolved', { inputId: 'k', outcome: 'accepted' }),
    ])
      expect(reader.read(event)).toEqual([]);
    expect(reader.waits()).toEqual([
      {
        ...{ type: 'done', finishReason: 'tool_calls' },
        turn: {
          usage: { inputTokens: 2, outputTokens: 4, totalTokens: 6 },
          iterations: 2,
          inputs: [{ inputId: 'i', callId: 'c' }, { inputId: 'j' }],
        },
      },
    ]);
    expect(new TurnAnswerReader(true).end.turn).toEqual({ usage: null, iterations: 0, inputs: [] });
  });

  it('is a failure where a turn ended without an answer or an error', () => {
    expect(read(ended('cancelled'))).toMatchObject([{ type: 'failed', error: { code: 'STATE_CONFLICT' } }]);
  });

  it('is nothing where the answer is not spoken of', () => {
    for (const type of ['message_saved', 'workflow_status', 'rag_context', 'ai_reasoning'] as const)
      expect(read(logged(type, {}))).toEqual([]);
    expect(read(logged('of_a_later_release' as LoggedEvent['type'], {}))).toEqual([]);
  });
});

describe('an answer that cannot be taken back', () => {
  it('comes batch by batch and ends with its end', async () => {
    const batches = await batchesOf(
      withoutResets(speechOf([piece('a')], [piece('b'), done], [piece('late')])),
    );

    expect(batches).toEqual([[piece('a')], [piece('b'), done]]);
  });

  it('may begin anew as long as nobody heard anything', async () => {
    expect(await batchesOf(withoutResets(speechOf([reset], [piece('a'), done])))).toEqual([
      [piece('a'), done],
    ]);
    expect(await batchesOf(withoutResets(speechOf([piece('lost'), reset, piece('a')], [done])))).toEqual([
      [piece('a')],
      [done],
    ]);
  });

  it('has failed when it begins anew after that', async () => {
    const batches = await batchesOf(withoutResets(speechOf([piece('a')], [piece('b'), reset, piece('c')])));

    expect(batches).toEqual([
      [piece('a')],
      [
        piece('b'),
        { type: 'failed', error: expect.objectContaining({ code: 'PROVIDER_ERROR', retryable: true }) },
      ],
    ]);
  });

  it('says that it broke off where its source stops without an end', async () => {
    const batches = await batchesOf(withoutResets(speechOf([piece('a')])));

    expect(batches.at(-1)).toEqual([
      { type: 'failed', error: expect.objectContaining({ code: 'SHUTTING_DOWN', retryable: true }) },
    ]);
  });

  it('closes its source when nobody reads on', async () => {
    let isClosed = false;
    const source = (async function* (): AnswerUpdates {
      try {
        for (;;) yield await Promise.resolve([piece('a')]);
      } finally {
        isClosed = true;
      }
    })();
    for await (const _ of withoutResets(source)) break;

    expect(isClosed).toBe(true);
  });
});

const text = (said: string): AnswerPart => ({ type: 'text', text: said });

const model: AnswerPart = { type: 'attempt', provider: 'p', model: 'm' };
const thought: AnswerPart = { type: 'reasoning', text: 'hm' };
const again: AnswerPart = { type: 'reset', reason: 'PROVIDER_ERROR' };

describe('an answer without a thread', () => {
  const told = (...parts: readonly AnswerPart[]) => {
    const updates: AnswerUpdate[] = [];
    const sink = statelessUpdates((said) => void updates.push(said));
    for (const part of parts) expect(sink(part)).toBeUndefined();
    return updates;
  };

  it('is its text, without what was thought', () => {
    expect(told(model, thought, text('a'), text('b'))).toEqual([piece('a'), piece('b')]);
  });

  it('comes as fast as its reader takes it', async () => {
    const taken = Promise.reject(new Error('left'));
    await expect(statelessUpdates(() => taken)(text('a'))).rejects.toThrow('left');
  });

  it('takes nothing back', () => {
    expect(() => told(model, text('lost '), again, model, text('a'))).toThrow('cannot be taken back');
  });
});
