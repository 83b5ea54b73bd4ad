import { foldTurn } from '../../kernel/index.js';
import { dataOf, eventOf, isOfType, mergePieces, pieceData, type LoggedEvent } from './logged-event.js';

const at = '2026-01-02T03:04:05.678Z';
const piece = (seq: number, content: string, messageId = 'm1'): LoggedEvent => ({
  seq,
  turnId: 't1',
  type: 'ai_response',
  data: pieceData(messageId, content),
  at,
});
const other = (seq: number): LoggedEvent => ({ seq, turnId: 't1', type: 'done', data: '{}', at });

describe('merging pieces', () => {
  it('joins neighbours and keeps the sequence of the last', () => {
    const merged = mergePieces([other(1), piece(2, 'a'), piece(3, '"b"'), piece(4, '\n'), other(5)]);

    expect(merged.map(({ seq }) => seq)).toEqual([1, 4, 5]);
    expect(JSON.parse(merged[1]!.data)).toEqual({ messageId: 'm1', content: 'a"b"\n', isComplete: false });
  });

  it('does not join across another event or another message', () => {
    const events = [piece(1, 'a'), other(2), piece(3, 'b'), piece(4, 'c', 'm2')];

    expect(mergePieces(events)).toEqual(events);
  });

  it('leaves the complete answer as it is', () => {
    const complete = {
      ...piece(3, ''),
      data: JSON.stringify({ messageId: 'm1', content: '', isComplete: true }),
    };
    const merged = mergePieces([piece(1, 'a'), piece(2, 'b'), complete]);

    expect(merged.map(({ seq }) => seq)).toEqual([2, 3]);
    expect(merged[1]).toBe(complete);
  });

  it('makes no piece larger than the bound, and loses none', () => {
    const merged = mergePieces(
      Array.from({ length: 10 }, (_, index) => piece(index + 1, 'xxxx')),
      10,
    );
    const contents = merged.map((event) => (isOfType(event, 'ai_response') ? dataOf(event).content : ''));

    expect(Math.max(...contents.map(({ length }) => length))).toBeLessThanOrEqual(10);
    expect(contents.join('')).toBe('x'.repeat(40));
    expect(merged.at(-1)?.seq).toBe(10);
  });
});

describe('an event that was read', () => {
  it('has its data, to be folded', () => {
    const events = [piece(1, 'a "b"'), piece(2, '\n'), piece(3, 'c', 'm2')];
    const { messages } = foldTurn(events.map(eventOf).filter((event) => event !== undefined));

    expect([...messages].map(([id, { said }]) => [id, said.text])).toEqual([
      ['m1', 'a "b"\n'],
      ['m2', 'c'],
    ]);
  });

  it('is passed over where only a later release knows what it is', () => {
    const later = { ...other(1), type: 'of_a_later_release' } as unknown as LoggedEvent;

    expect(eventOf(later)).toBeUndefined();
    expect(mergePieces([piece(1, 'a'), later])).toEqual([piece(1, 'a'), later]);
  });

  it('amounts to the same when pieces are merged', () => {
    const events = [piece(1, 'a'), piece(2, 'b'), piece(3, 'c', 'm2'), piece(4, 'd', 'm2'), piece(5, 'e')];
    const textsOf = (read: readonly LoggedEvent[]) => {
      const { messages } = foldTurn(read.map((event) => eventOf(event)!));
      return [...messages].map(([id, { said }]) => [id, said.text]);
    };

    expect(textsOf(mergePieces(events))).toEqual(textsOf(events));
  });
});
