import { MemoryTurnEventLog } from '../../../test/doubles/memory-turn-event-log.js';
import { said } from '../../../test/support/said-pieces.js';
import { dataOf, isOfType } from '../core/logged-event.js';
import type { TurnEventLog } from '../ports/turn-event-log.js';
import { ThreadFeeds } from './thread-feeds.js';
import { WatchThread } from './watch-thread.js';

describe('watching a thread with many others', () => {
  let log: MemoryTurnEventLog;
  let reads: number;
  let feeds: ThreadFeeds;
  let watchThread: WatchThread;
  let controller: AbortController;
  beforeEach(() => {
    log = new MemoryTurnEventLog();
    log.open('thread', 't1');
    reads = 0;
    const counting: TurnEventLog = {
      append: (requests) => log.append(requests),
      heads: (threadIds) => log.heads(threadIds),
      onAppended: (wake) => log.onAppended(wake),
      read: async (threadId, after, limit) => {
        reads += 1;
        const page = await log.read(threadId, after, limit);
        await new Promise(setImmediate);
        return page;
      },
    };
    feeds = new ThreadFeeds({ follow() {}, forget() {}, publish() {}, unfollow() {} });
    watchThread = new WatchThread(counting, feeds);
    controller = new AbortController();
  });
  afterEach(() => controller.abort());

  const write = (contents: readonly string[]) => said(log, contents);
  const watchers = (count: number) =>
    Array.from({ length: count }, () => watchThread.watch('thread', 0, controller.signal));
  const next = async (watches: ReturnType<typeof watchers>) =>
    (await Promise.all(watches.map((watch) => watch.next()))).map(({ value }) => value!);

  it('reads once, and gives all of them the same', async () => {
    write(Array.from({ length: 400 }, () => 'x'.repeat(100)));
    const watches = watchers(50);
    for (let batch = 0; batch < 3; batch += 1) {
      const given = await next(watches);
      expect(new Set(given).size).toBe(1);
      expect(JSON.stringify(given[0]).length).toBeLessThan(20_000);
    }
    expect(reads).toBe(1);
  });

  it('gives all of them the same that came live, merged where they looked away', async () => {
    const watches = watchers(20);
    write(['a']);
    await next(watches);
    for (const content of ['b', 'c', 'd']) feeds.deliver('thread', write([content]));
    const given = await next(watches);

    expect(new Set(given).size).toBe(1);
    expect(given[0]!.map(({ seq }) => seq)).toEqual([4]);
    expect(reads).toBe(1);
  });

  it('misses nothing that is written while they share a read, whoever joins it when', async () => {
    const texts = Array.from({ length: 12 }, () => '');
    const ends = texts.map(async (_, index) => {
      for (let wait = 0; wait < index; wait += 1) await new Promise(setImmediate);
      for await (const events of watchThread.watch('thread', 0, controller.signal)) {
        for (const event of events) if (isOfType(event, 'ai_response')) texts[index] += dataOf(event).content;
        if (texts[index]!.endsWith('.')) return;
      }
    });
    let expected = '';
    for (let round = 0; round <= 40; round += 1) {
      const content = round === 40 ? '.' : `${round},`;
      expected += content;
      const events = write([content]);
      if (round % 3 !== 1) feeds.deliver('thread', events);
      else feeds.wake('thread');
      await new Promise(setImmediate);
    }
    await Promise.all(ends);

    expect(new Set(texts)).toEqual(new Set([expected]));
  });

  it('takes events that come twice, late or with a gap for what they are', async () => {
    const [watch] = watchers(1);
    const events = write(['a', 'b', 'c', 'd', 'e', 'f']);
    const texts: string[] = [];
    texts.push(...(await next([watch!])).flatMap((given) => given.map(({ seq }) => `${seq}`)));
    const more = write(['g', 'h', 'i', 'j']);
    feeds.deliver('thread', events.slice(2));
    feeds.deliver('thread', more.slice(0, 2));
    feeds.deliver('thread', more.slice(1, 2));
    feeds.deliver('thread', more.slice(3));
    while (texts.at(-1) !== '10') texts.push(...(await next([watch!]))[0]!.map(({ seq }) => `${seq}`));

    expect(texts[0]).toBe('6');
    expect(texts.map(Number)).toEqual(texts.map(Number).toSorted((a, b) => a - b));
    expect(new Set(texts).size).toBe(texts.length);
  });

  describe('from a place that was taken before', () => {
    const from = (after: number) => {
      const prepared = watchThread.prepare('thread');
      return { prepared, begin: () => watchThread.watch('thread', after, controller.signal, prepared) };
    };
    const seqs = async (watch: ReturnType<typeof watchThread.watch>) =>
      (await watch.next()).value!.map(({ seq }) => seq);

    it('reads nothing where all that follows was given to it', async () => {
      const { begin } = from(0);
      for (const content of ['a', 'b', 'c']) feeds.deliver('thread', write([content]));
      const watch = begin();
      expect(await seqs(watch)).toEqual([3]);
      const next = seqs(watch);
      feeds.deliver('thread', write(['d']));
      expect(await next).toEqual([4]);
      expect(reads).toBe(0);
    });

    it('reads where something went past it, came from elsewhere, or nothing did', async () => {
      const missed = from(0);
      write(['a']);
      feeds.deliver('thread', write(['b']));
      expect(await seqs(missed.begin())).toEqual([2]);
      expect(reads).toBe(1);

      const woken = from(2);
      write(['c']);
      feeds.wake('thread');
      expect(await seqs(woken.begin())).toEqual([3]);
      expect(reads).toBe(2);

      const waits = seqs(from(3).begin());
      while (reads < 3) await new Promise(setImmediate);
      feeds.deliver('thread', write(['d']));
      expect(await waits).toEqual([4]);
    });

    it('keeps the thread watched until it is given back, or its watch ends', async () => {
      const { prepared, begin } = from(0);
      const other = from(0);
      other.prepared.release();
      expect(feeds.has('thread')).toBe(true);
      const watch = begin();
      feeds.deliver('thread', write(['a']));
      await watch.next();
      await watch.return();
      expect(feeds.has('thread')).toBe(false);
      prepared.release();
      expect(feeds.has('thread')).toBe(false);
    });
  });

  it('holds what is large for nobody who does not look', async () => {
    const [stalled] = watchers(1);
    write(['a']);
    await next([stalled!]);
    for (let index = 0; index < 400; index += 1) feeds.deliver('thread', write(['x'.repeat(1_000)]));
    let text = '';
    for (const controlled = stalled!; text.length < 400_000;) {
      const [events] = await next([controlled]);
      expect(JSON.stringify(events).length).toBeLessThan(20_000);
      for (const event of events!) if (isOfType(event, 'ai_response')) text += dataOf(event).content;
    }
    expect(text).toBe('x'.repeat(400_000));
    expect(reads).toBeGreaterThan(1);
  });
});
