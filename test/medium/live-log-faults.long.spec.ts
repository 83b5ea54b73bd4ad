import { createServer, type AddressInfo } from 'node:net';
import { newId } from '../../src/kernel/index.js';
import { threadKey } from '../../src/log/adapters/redis-live-entry.js';
import { ThreadFeeds } from '../../src/log/app/thread-feeds.js';
import { WatchThread } from '../../src/log/app/watch-thread.js';
import type { LoggedEvent } from '../../src/log/core/logged-event.js';
import { event, until } from '../contracts/live-log.contract.js';
import { MemoryTurnEventLog } from '../doubles/memory-turn-event-log.js';
import { liveLogs } from '../support/live-logs.js';
import { hasRedisServer, startRedisServer, type RedisServer } from '../support/redis-server.js';

const CI = process.env['CI'] === 'true';
const own = hasRedisServer();

const on = liveLogs();
const { join, joinBoth } = on;

const withServer = own ? describe : describe.skip;

if (!own) {
  it('has no redis-server to mistreat (an error in CI)', () => {
    console.warn('SKIPPED: the faults of Redis. Install redis-server.');
    expect(CI).toBe(false);
  });
}

withServer('the live log when its Redis fails', () => {
  let own: RedisServer;
  beforeEach(async () => {
    own = await startRedisServer();
  });
  afterEach(async () => {
    await Promise.all(on.logs.splice(0).map((log) => log.close()));
    await own.close();
  });

  it('goes on after FLUSHALL; what was lost shows itself as a gap', async () => {
    const { writer, reader } = await joinBoth(own.url);
    const threadId = newId();
    reader.log.follow(threadId, 0);
    writer.log.publish(threadId, [event(1)]);
    await until(() => reader.heard.of(threadId).length === 1);

    await own.flush();
    writer.log.publish(threadId, [event(2)]);
    await until(() => reader.heard.of(threadId).length === 2);
    const other = newId();
    reader.log.follow(other, 0);
    writer.log.publish(other, [event(1)]);
    await until(() => reader.heard.of(other).length === 1);
    expect([reader.log.state, writer.log.state]).toEqual(['up', 'up']);
  });

  it.each(['stop', 'kill'] as const)(
    'says at once that it is gone after a %s, and comes back',
    async (end) => {
      const { writer, reader } = await joinBoth(own.url);
      const threadId = newId();
      reader.log.follow(threadId, 0);
      writer.log.publish(threadId, [event(1)]);
      await until(() => reader.heard.of(threadId).length === 1);

      await own[end]();
      await until(() => reader.log.state === 'down' && writer.log.state === 'down');
      expect(reader.heard.told).toEqual([undefined]);
      for (let seq = 2; seq < 50; seq += 1) writer.log.publish(threadId, [event(seq)]);
      await own.restart();

      await until(() => reader.log.state === 'up' && writer.log.state === 'up');
      // What was published meanwhile is in Postgres: the thread is pointed out, or the next event shows the gap.
      await until(() => reader.heard.told.includes(threadId));
      writer.log.publish(threadId, [event(50)]);
      await until(() => reader.heard.of(threadId).at(-1)?.seq === 50);
      expect(on.warnings.filter((line) => line.includes('cannot be used'))).toHaveLength(2);
      expect(on.warnings.filter((line) => line.includes('is back'))).toHaveLength(2);
    },
  );

  it('is not held up by a Redis that hangs, and comes back when it goes on', async () => {
    const { writer, reader } = await joinBoth(own.url);
    const threadId = newId();
    reader.log.follow(threadId, 0);
    own.freeze();
    const before = process.memoryUsage().rss;
    let seq = 0;
    const text = JSON.stringify({ content: 'x'.repeat(20_000) });
    while (reader.log.state === 'up' || writer.log.state === 'up') {
      for (let count = 0; count < 20; count += 1) writer.log.publish(threadId, [event((seq += 1), text)]);
      reader.log.follow(newId(), 0);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(reader.heard.told).toEqual([undefined]);
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);

    own.thaw();
    await until(() => reader.log.state === 'up' && writer.log.state === 'up');
    await until(() => reader.heard.told.includes(threadId));
    writer.log.publish(threadId, [event((seq += 1))]);
    await until(() => reader.heard.of(threadId).at(-1)?.seq === seq);
  });

  it('closes while Redis hangs', async () => {
    const { writer, reader } = await joinBoth(own.url);
    own.freeze();
    writer.log.publish(newId(), [event(1)]);
    // It hangs until the test is over, and hung up on nobody.
    await Promise.all([writer.log.close(), reader.log.close()]);
  });

  it('is taken up when Redis comes later than the server', async () => {
    await own.stop();
    const { log, heard } = join(own.url);
    const threadId = newId();
    log.follow(threadId, 0);
    log.publish(newId(), [event(1)]);
    await until(() => on.warnings.some((line) => line.includes('cannot be used (ECONNREFUSED)')));
    expect(log.state).toBe('down');

    await own.restart();
    await until(() => log.state === 'up');
    const { log: other } = join(own.url);
    await until(() => other.state === 'up');
    other.publish(threadId, [event(1)]);
    await until(() => heard.of(threadId).length === 1);
  });

  it('is down, and says so once, where something else answers or nothing does', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { log } = join(`redis://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    await until(() => on.warnings.length > 0);
    log.publish(newId(), [event(1)]);
    await log.close();
    silent.close();

    expect(on.warnings).toEqual([expect.stringContaining('cannot be used (no answer)')]);
  });

  it('never says its password', async () => {
    await own.close();
    own = await startRedisServer({ password: 'hunter2' });
    const { writer, reader } = await joinBoth(own.url);
    const wrong = join(own.url.replace('hunter2', 'wrong-one'));
    const without = join(own.url.replace(':hunter2@', ''));
    const threadId = newId();
    reader.log.follow(threadId, 0);
    writer.log.publish(threadId, [event(1)]);
    await until(() => reader.heard.of(threadId).length === 1);
    await until(() => on.warnings.length >= 2);
    await own.kill();
    await until(() => on.warnings.length >= 4);

    expect([wrong.log.state, without.log.state]).toEqual(['down', 'down']);
    expect(on.warnings.join('\n')).not.toMatch(/hunter2|wrong-one/);
    expect(on.warnings.join('\n')).toMatch(/WRONGPASS/);
  });

  it('loses nothing but speed when Redis is full, and complains once', async () => {
    const { writer, reader } = await joinBoth(own.url);
    const threadId = newId();
    reader.log.follow(threadId, 0);
    writer.log.publish(threadId, [event(1)]);
    await until(() => reader.heard.of(threadId).length === 1);
    await own.command('CONFIG SET maxmemory 1');
    for (let seq = 2; seq < 20; seq += 1) {
      writer.log.publish(threadId, [event(seq)]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until(() => on.warnings.some((line) => line.includes('(OOM)')));
    await own.command('CONFIG SET maxmemory 0');

    await until(() => reader.heard.told.includes(threadId));
    expect(on.warnings.filter((line) => line.includes('OOM'))).toHaveLength(1);
    expect(reader.log.state).toBe('up');
  });

  it('leaves a key of somebody else alone and goes on over Postgres', async () => {
    const { writer, reader } = await joinBoth(own.url);
    const threadId = newId();
    await own.command(`SET ${threadKey(threadId)} theirs`);
    writer.log.publish(threadId, [event(1)]);
    await until(() => on.warnings.some((line) => line.includes('WRONGTYPE')));
    reader.log.follow(threadId, 0);
    await until(() => reader.log.state === 'down');
    expect(reader.heard.told).toEqual([undefined]);

    reader.log.unfollow(threadId);
    await until(() => reader.log.state === 'up');
    expect(await own.command(`GET ${threadKey(threadId)}`)).toContain('theirs');
  });

  it('takes what it cannot read for something missed', async () => {
    const { reader } = await joinBoth(own.url);
    const threadId = newId();
    reader.log.follow(threadId, 0);
    await own.command(`XADD ${threadKey(threadId)} 1-0 o somebody e1 [nonsense`);
    await until(() => reader.heard.told.length === 1);
    await own.command(`XADD ${threadKey(threadId)} 2-0 o somebody e9 {}`);

    await until(() => reader.heard.told.length === 2);
    expect(reader.heard.told).toEqual([threadId, threadId]);
  });

  it('keeps a stream for a bounded time, also one that was flushed away in between', async () => {
    const { writer } = await joinBoth(own.url);
    const threadId = newId();
    const kept = async () => Number((await own.command(`PTTL ${threadKey(threadId)}`)).slice(1));
    for (const seq of [1, 2]) {
      await own.flush();
      writer.log.publish(threadId, [event(seq)]);
      let left = await kept();
      while (left === -2) left = await kept();
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(300_000);
    }
  });

  it('lets no watcher lose or double an event, whatever happens to Redis', async () => {
    const log = new MemoryTurnEventLog();
    const { writer, reader } = await joinBoth(own.url);
    const threads = Array.from({ length: 5 }, () => ({ threadId: newId(), turnId: newId() }));
    for (const { threadId, turnId } of threads) log.open(threadId, turnId);
    const feeds = new ThreadFeeds(reader.log);
    reader.heard.handOn = feeds;
    const stop = new AbortController();
    const seen = threads.map((): LoggedEvent[] => []);
    const watching = threads.map(async ({ threadId }, index) => {
      for await (const events of new WatchThread(log, feeds).watch(threadId, 0, stop.signal))
        seen[index]!.push(...events);
    });
    // What the heartbeat does.
    const polling = setInterval(() => {
      void log
        .heads(feeds.watched())
        .then((heads) => heads.forEach((head, threadId) => feeds.compareHead(threadId, head)));
    }, 200);

    const faults = new Map<number, () => unknown>([
      [50, () => own.flush()],
      [100, () => own.freeze()],
      [200, () => own.thaw()],
      [250, () => own.kill()],
      [300, () => own.restart()],
      [400, () => own.flush()],
    ]);
    const last = 500;
    try {
      for (let seq = 1; seq <= last; seq += 1) {
        for (const { threadId, turnId } of threads) {
          const events = [event(seq, `{"n":${seq}}`, 'tool_result')];
          await log.append([{ threadId, turnId, epoch: 1, fromSeq: seq - 1, events }]);
          writer.log.publish(threadId, events);
        }
        await faults.get(seq)?.();
        await new Promise((resolve) => setTimeout(resolve, 8));
      }
      await until(
        () => seen.every((events) => events.at(-1)?.seq === last),
        'all watchers have the last event',
      );
    } finally {
      clearInterval(polling);
      stop.abort();
    }
    await Promise.all(watching);
    const whole = Array.from({ length: last }, (_, index) => index + 1);
    for (const events of seen) expect(events.map(({ seq }) => seq)).toEqual(whole);
    // Some of it came this way.
    expect(threads.every(({ threadId }) => reader.heard.of(threadId).length > 0)).toBe(true);
  }, 180_000);
});
