import { PendingNotifications } from './pending-notifications.js';

describe('notifications that wait', () => {
  let pending: PendingNotifications;
  beforeEach(() => {
    pending = new PendingNotifications();
  });

  it('are taken in their order, so many at once, those that share a payload where the first of them was', () => {
    pending.add('users', 'a');
    pending.addItem('log', 'me:', '1');
    pending.add('users', 'b');
    pending.addItem('log', 'me:', '2');
    pending.addItem('log', 'me:', '1');
    expect(pending.take(2)).toEqual([
      { channel: 'users', payload: 'a' },
      { channel: 'log', payload: 'me:1,2' },
    ]);
    pending.addItem('log', 'me:', '2');
    expect(pending.take(9)).toEqual([
      { channel: 'users', payload: 'b' },
      { channel: 'log', payload: 'me:2' },
    ]);
    expect(pending.isEmpty).toBe(true);
  });

  it('share a payload with none of another channel or head', () => {
    pending.addItem('log', 'me:', '1');
    pending.addItem('log', 'you:', '1');
    pending.addItem('other', 'me:', '1');
    expect(pending.take(9).map(({ channel, payload }) => `${channel} ${payload}`)).toEqual([
      'log me:1',
      'log you:1',
      'other me:1',
    ]);
  });

  it('fill no payload beyond what Postgres takes, and lose no item', () => {
    const items = Array.from({ length: 1_000 }, (_, index) => `${index}`.padStart(36, '0'));
    for (const item of items) pending.addItem('log', 'me:', item);
    const taken = pending.take(100);
    expect(taken.length).toBeGreaterThan(1);
    for (const { payload } of taken) expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
    expect(taken.flatMap(({ payload }) => payload.slice('me:'.length).split(','))).toEqual(items);
  });

  it('take a payload that just fits, and say instead of a longer one that some may be lost', () => {
    pending.add('a', 'é'.repeat(3_999) + 'x');
    pending.add('b', 'é'.repeat(4_000));
    expect(pending.take(9)).toEqual([
      { channel: 'b', payload: '' },
      { channel: 'a', payload: 'é'.repeat(3_999) + 'x' },
    ]);
  });

  it('are not kept without end: too many become one that says so, for each channel', () => {
    for (let count = 0; count < 30_000; count += 1) {
      pending.add('users', `${count}`);
      pending.addItem('log', 'me:', `${count}`);
    }
    const taken = pending.take(100_000);
    expect(taken.slice(0, 2).map(({ channel }) => channel)).toEqual(['users', 'log']);
    expect(taken).toEqual([
      { channel: 'users', payload: '' },
      { channel: 'log', payload: '' },
    ]);
    pending.add('users', 'again');
    expect(pending.take(9)).toEqual([{ channel: 'users', payload: 'again' }]);
  });
});
