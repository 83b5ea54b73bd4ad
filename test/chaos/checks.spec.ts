import type { ReceivedFrame } from '../support/sse-client.js';
import { differencesFromLog, logProblems } from './checks.js';
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
