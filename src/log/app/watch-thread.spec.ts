import { MemoryTurnEventLog } from '../../../test/doubles/memory-turn-event-log.js';
import { said } from '../../../test/support/said-pieces.js';
import { dataOf, isOfType, type LoggedEvent } from '../core/logged-event.js';
import { ThreadFeeds } from './thread-feeds.js';
import { WatchThread } from './watch-thread.js';

describe('watching a thread', () => {
  let log: MemoryTurnEventLog;
  let feeds: ThreadFeeds;
  let watchThread: WatchThread;
  let controller: AbortController;
  beforeEach(() => {
    log = new MemoryTurnEventLog();
    log.open('thread', 't1');
    feeds = new ThreadFeeds({ follow() {}, forget() {}, publish() {}, unfollow() {} });
    watchThread = new WatchThread(log, feeds);
    controller = new AbortController();
  });
  afterEach(() => controller.abort());

  const write = (contents: readonly string[], publish = true) => {
    const more = said(log, contents);
    if (publish) feeds.publish('thread', more);
  };
  const textOf = (events: readonly LoggedEvent[]) =>
    events.map((event) => (isOfType(event, 'ai_response') ? dataOf(event).content : '')).join('');

  it('waits for a log that cannot be read, and goes on where it was', async () => {
    write(['a', 'b', 'c']);
    const read = log.read.bind(log);
    let failures = 3;
    log.read = (...place) =>
      (failures -= 1) < 0 ? read(...place) : Promise.reject(new Error('Connection terminated unexpectedly'));
    const watch = watchThread.watch('thread', 1, controller.signal);

    expect(textOf((await watch.next()).value!)).toBe('bc');
    expect(failures).toBe(-1);
  });

  it('does not wait for a log that cannot be read when nobody wants it any more', async () => {
    write(['a']);
    log.read = () => Promise.reject(new Error('Connection terminated unexpectedly'));
    const watch = watchThread.watch('thread', 0, controller.signal);
    const next = watch.next();
    setTimeout(() => controller.abort(), 20);

    await expect(next).rejects.toThrow('Connection terminated');
  });

  it('begins behind the cursor and goes on with what comes', async () => {
    write(['a', 'b', 'c']);
    const watch = watchThread.watch('thread', 1, controller.signal);

    expect(textOf((await watch.next()).value!)).toBe('bc');
    const next = watch.next();
    write(['d']);
    expect(textOf((await next).value!)).toBe('d');
  });

  it('ends when the log was put back behind what it has given, and not because the two are asked at once', async () => {
    write(['a', 'b', 'c']);
    const watch = watchThread.watch('thread', 0, controller.signal);
    await watch.next();
    const next = watch.next();
    feeds.compareHead('thread', 2);
    feeds.compareHead('thread', 3);
    feeds.compareHead('thread', 2);
    write(['d']);
    expect(textOf((await next).value!)).toBe('d');
    const last = watch.next();
    feeds.compareHead('thread', 1);
    feeds.compareHead('thread', 1);
    expect((await last).done).toBe(true);
  });

  it('gives what was written while it looked away, without a gap or a double', async () => {
    const watch = watchThread.watch('thread', 0, controller.signal);
    write(['a']);
    let text = textOf((await watch.next()).value!);
    for (let round = 0; round < 50; round += 1) {
      write([`${round},`], round % 3 !== 0);
      if (round % 3 === 0) feeds.wake('thread');
      if (round % 5 === 0) text += textOf((await watch.next()).value!);
    }
    const expected = `a${Array.from({ length: 50 }, (_, round) => `${round},`).join('')}`;
    while (text.length < expected.length) text += textOf((await watch.next()).value!);

    expect(text).toBe(expected);
  });

  it('holds no more than a bound for a reader that does not read, and loses nothing', async () => {
    const watch = watchThread.watch('thread', 0, controller.signal);
    write(['start']);
    await watch.next();
    for (let index = 0; index < 3_000; index += 1) write(['x'.repeat(100)]);

    let text = '';
    let frames = 0;
    while (text.length < 300_000) {
      const events = (await watch.next()).value!;
      frames += events.length;
      text += textOf(events);
    }
    expect(text).toBe('x'.repeat(300_000));
    expect(frames).toBeLessThan(100);
  });

  it('wakes from its wait when the signal aborts, and lets the feed go', async () => {
    const watch = watchThread.watch('thread', 0, controller.signal);
    const next = watch.next();
    await new Promise(setImmediate);
    controller.abort();

    expect(await next).toEqual({ done: true, value: undefined });
    expect(feeds.watched()).toEqual([]);
  });

  it('lets the feed go as soon as the signal aborts, also where nobody reads on', async () => {
    const watch = watchThread.watch('thread', 0, controller.signal);
    write(['a']);
    await watch.next();
    controller.abort();

    expect(feeds.watched()).toEqual([]);
    expect((await watch.next()).done).toBe(true);
  });

  it('ends a read that waits when its reader leaves', async () => {
    const watch = watchThread.watch('thread', 0, controller.signal);
    const next = watch.next();
    await new Promise(setImmediate);

    expect(await watch.return()).toEqual({ done: true, value: undefined });
    expect((await next).done).toBe(true);
    expect(feeds.watched()).toEqual([]);
  });

  it('takes no place in the thread before it is read', async () => {
    const watch = watchThread.watch('thread', 0, controller.signal);
    expect(feeds.watched()).toEqual([]);
    await watch.return();

    expect((await watch.next()).done).toBe(true);
    expect(feeds.watched()).toEqual([]);
  });

  it('ends when the thread is deleted', async () => {
    const watch = watchThread.watch('thread', 0, controller.signal);
    const next = watch.next();
    await new Promise(setImmediate);
    feeds.close('thread');

    expect((await next).done).toBe(true);
  });
});
