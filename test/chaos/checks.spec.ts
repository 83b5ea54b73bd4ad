import type { ReceivedFrame } from '../support/sse-client.js';
import { EFFECTS } from '../support/effects-executor.js';
import { differencesFromLog, logProblems } from './checks.js';
import { effectProblems, type EffectsOfTurn } from './effects.js';
import type { StoredEvent } from './stored.js';

const TURN = 'turn';
const events: readonly StoredEvent[] = [
  { type: 'message_saved', data: { message: { content: 'Hi' } } },
  { type: 'ai_response', data: { messageId: 'm', content: 'One ', isComplete: false } },
  { type: 'ai_response', data: { messageId: 'm', content: 'two', isComplete: false } },
  { type: 'done', data: { success: true, turnId: TURN, status: 'completed' } },
].map((event, index) => ({ ...event, seq: index + 1, turn_id: TURN }));

const frames: readonly ReceivedFrame[] = events.map(({ seq, type, data }) => ({
  ...{ id: seq, type, data },
  timestamp: '',
}));
const [saved, one, two, done] = frames as [ReceivedFrame, ReceivedFrame, ReceivedFrame, ReceivedFrame];
const both = { ...two, data: { ...two.data, content: 'One two' } };
const snapshot = (content: string): ReceivedFrame => ({
  ...{ id: 3, type: 'snapshot', timestamp: '' },
  data: { turnId: TURN, messageId: 'm', content, lastEventId: 3 },
});

describe('what the scenarios hold a client to', () => {
  it.each([
    ['every event', frames],
    ['pieces merged into one', [saved, both, done]],
    ['a snapshot of the text', [saved, snapshot('One two'), done]],
  ])('lets %s pass', (_name, received) => {
    expect(differencesFromLog(received, events)).toEqual([]);
  });

  it.each([
    ['a piece left out', [saved, two, done]],
    ['an event left out at the beginning', [one, two, done]],
    ['the end left out', [saved, one, two]],
    ['an event that came twice', [saved, one, one, two, done]],
    ['two in the wrong order', [saved, two, one, done]],
    ['another text', [saved, { ...one, data: { ...one.data, content: 'Zwei ' } }, two, done]],
    ['pieces merged with a word lost', [saved, { ...both, data: { ...both.data, content: 'One' } }, done]],
    ['another type', [saved, { ...one, type: 'ai_reasoning' }, two, done]],
    ['an event the log never had', [...frames, { ...done, id: 5 }]],
    ['a snapshot of another text', [saved, snapshot('One'), done]],
  ])('sees %s', (_name, received) => {
    expect(differencesFromLog(received, events)).not.toEqual([]);
  });

  it('lets a turn end that was stopped behind one that waits', () => {
    const [first, ...rest] = events;
    const inLine = [first!, events[3]!].map((event) => ({ ...event, turn_id: 'stopped' }));
    const log = [first!, ...inLine, ...rest].map((event, index) => ({ ...event, seq: index + 1 }));
    expect(logProblems(log)).toEqual([]);
  });

  it.each([
    ['a gap', events.filter(({ seq }) => seq !== 2)],
    ['a turn without an end', events.slice(0, -1)],
    ['a turn that ends twice', [...events, { ...events[3]!, seq: 5 }]],
    [
      'two turns in one another',
      [
        events[0]!,
        { ...events[0]!, turn_id: 'other', seq: 2 },
        { ...events[3]!, seq: 3 },
        { ...events[3]!, turn_id: 'other', seq: 4 },
      ],
    ],
  ])('sees %s in the log itself', (_name, log) => {
    expect(logProblems(events)).toEqual([]);
    expect(logProblems(log)).not.toEqual([]);
  });
});

const keys = EFFECTS.map(({ key }) => key);
const calls = keys.map((key, index) => ({ turnId: TURN, key, number: index + 1 }));
const entries: EffectsOfTurn['entries'] = new Map(
  keys.map((key, index) => [key, { epoch: 1, is_done: true, result: index + 1 }]),
);
const said = (words: (key: string, index: number) => string) =>
  keys.map((key, index) => `${key}: ${words(key, index)}\n`).join('');
const once: EffectsOfTurn = { said: said((_, index) => `done ${index + 1}`), entries, calls, executions: 1 };
const [lost = ''] = keys;
const unknown: EffectsOfTurn = {
  said: said((key, index) => (key === lost ? 'unknown' : `done ${index + 1}`)),
  entries: new Map(entries).set(lost, { epoch: 1, is_done: false, result: null }),
  ...{ calls, executions: 2 },
};
const again = (key: string) => [...calls, { turnId: TURN, key, number: 9 }];

describe('what the scenarios hold the effects of a turn to', () => {
  it.each<[string, EffectsOfTurn]>([
    ['each done once', once],
    ['one that is unknown, and was done', unknown],
    ['one that is unknown, and was not done', { ...unknown, calls: calls.slice(1) }],
    ['a repeatable one that was repeated', { ...once, calls: again('effect:repeatable'), executions: 2 }],
  ])('lets %s pass', (_name, turn) => {
    expect(effectProblems(turn)).toEqual([]);
  });

  it.each<[string, EffectsOfTurn]>([
    ['one done twice', { ...once, calls: again(lost), executions: 2 }],
    ['one done twice that is unknown', { ...unknown, calls: again(lost) }],
    ['one that is done, and was not', { ...once, calls: calls.slice(1) }],
    ['one that the journal has not', { ...once, entries: new Map([...entries].slice(1)) }],
    ['one that is unknown though nobody died', { ...unknown, executions: 1 }],
    ['an answer that says otherwise', { ...unknown, said: once.said }],
    ['a repeatable one repeated for nothing', { ...once, calls: again('effect:repeatable') }],
  ])('sees %s', (_name, turn) => {
    expect(effectProblems(turn)).not.toEqual([]);
  });
});
