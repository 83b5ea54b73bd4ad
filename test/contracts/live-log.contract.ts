import { newId } from '../../src/kernel/index.js';
import type { LoggedEvent } from '../../src/log/core/logged-event.js';
import type { LiveFollower, LiveLog } from '../../src/log/ports/live-log.js';

const PATIENCE_MS = 15_000;

/** What a suite needs of an implementation: as many processes as it asks for, which share one live log. */
export interface LiveLogUnderTest {
  /** A log that is not started yet, as another process would have it. */
  another(): LiveLog;
}

/** Holds an implementation to every promise of {@link LiveLog}. */
export function describeLiveLog(name: string, setUp: () => Promise<LiveLogUnderTest>): void {
  describe(`the live log in ${name}`, () => {
    let subject: LiveLogUnderTest;
    const open: LiveLog[] = [];
    const join = async () => {
      const heard = new Heard();
      const log = subject.another();
      open.push(log);
      log.start(heard);
      await until(() => log.state === 'up');
      return { log, heard };
    };
    beforeAll(async () => {
      subject = await setUp();
    });
    afterEach(() => Promise.all(open.splice(0).map((log) => log.close())));

    it('brings events to other processes in order and to the letter', async () => {
      const [writer, reader] = [await join(), await join()];
      const threadId = newId();
      const events = [
        event(1, '{"b":1,  "a":"\\u00e9 😀"}'),
        event(2, '{"message":"\u2028\\u2028\\u0000"}'),
        event(3, '{"x":"\\\\ \\" {}\\r\\n"}'),
      ];
      reader.log.follow(threadId, 0);
      writer.log.publish(threadId, events.slice(0, 1));
      writer.log.publish(threadId, events.slice(1));

      await until(() => reader.heard.of(threadId).length === 3);
      expect(reader.heard.of(threadId)).toEqual(events);
    });

    it('brings what was published between the sequence one follows from and the following', async () => {
      const [writer, reader] = [await join(), await join()];
      const threadId = newId();
      for (const seq of [1, 2, 3, 4]) {
        writer.log.publish(threadId, [event(seq)]);
        await turnOfTheLoop();
      }

      reader.log.follow(threadId, 2);

      await until(() => reader.heard.of(threadId).at(-1)?.seq === 4);
      expect(seqs(reader.heard.of(threadId)).filter((seq) => seq > 2)).toEqual([3, 4]);
    });

    it('does not bring a process its own events', async () => {
      const [one, other] = [await join(), await join()];
      const threadId = newId();
      one.log.follow(threadId, 0);
      other.log.follow(threadId, 0);
      one.log.publish(threadId, [event(1), event(2)]);
      await until(() => other.heard.of(threadId).length === 2);
      one.log.publish(threadId, [event(3, '{}', 'done')]);
      other.log.publish(threadId, [event(4)]);

      await until(() => one.heard.of(threadId).length > 0);
      expect(seqs(one.heard.of(threadId))).toEqual([4]);
    });

    it('brings the next turn of another process at once, and a writer that takes a turn over', async () => {
      const [one, other] = [await join(), await join()];
      const threadId = newId();
      one.log.follow(threadId, 0);
      one.log.publish(threadId, [event(1)]);
      other.log.publish(threadId, [event(2), event(3)]);

      await until(() => one.heard.of(threadId).length === 2);
      expect(seqs(one.heard.of(threadId))).toEqual([2, 3]);
    });

    it('brings nothing of threads that are not followed, or not any more', async () => {
      const [writer, reader] = [await join(), await join()];
      const [followed, left, foreign] = [newId(), newId(), newId()];
      reader.log.follow(followed, 0);
      reader.log.follow(left, 0);
      reader.log.unfollow(left);
      for (const threadId of [left, foreign, followed]) writer.log.publish(threadId, [event(1)]);

      await until(() => reader.heard.of(followed).length === 1);
      expect([reader.heard.of(left), reader.heard.of(foreign)]).toEqual([[], []]);
    });

    it('changes nothing when a followed thread is followed again', async () => {
      const [writer, reader] = [await join(), await join()];
      const threadId = newId();
      reader.log.follow(threadId, 0);
      reader.log.follow(threadId, 7);
      writer.log.publish(threadId, [event(1)]);

      await until(() => reader.heard.of(threadId).length === 1);
    });

    it('hears many processes and threads at once, each thread in order', async () => {
      const reader = await join();
      const writers = [await join(), await join()];
      const threads = Array.from({ length: 60 }, () => newId());
      for (const threadId of threads) reader.log.follow(threadId, 0);
      for (let seq = 1; seq <= 20; seq += 1) {
        threads.forEach((threadId, index) => writers[index % 2]!.log.publish(threadId, [event(seq)]));
        await turnOfTheLoop();
      }

      await until(() => threads.every((threadId) => reader.heard.of(threadId).at(-1)?.seq === 20));
      for (const threadId of threads)
        expect(seqs(reader.heard.of(threadId))).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    });

    it('says that something is missed when it is too large to be carried', async () => {
      const [writer, reader] = [await join(), await join()];
      const threadId = newId();
      reader.log.follow(threadId, 0);
      writer.log.publish(threadId, [event(1, JSON.stringify({ content: 'x'.repeat(1_000_000) }))]);

      await until(() => reader.heard.told.includes(threadId));
      writer.log.publish(threadId, [event(2)]);
      await until(() => reader.heard.of(threadId).at(-1)?.seq === 2);
      expect(seqs(reader.heard.of(threadId))).toEqual([2]);
    });

    it('keeps a bounded part of a thread that nobody reads', async () => {
      const [writer, reader] = [await join(), await join()];
      const threadId = newId();
      const data = JSON.stringify({ content: 'x'.repeat(2_000) });
      for (let seq = 1; seq <= 20_000; seq += 1) {
        writer.log.publish(threadId, [event(seq, data)]);
        if (seq % 10 === 0) await turnOfTheLoop();
      }

      reader.log.follow(threadId, 0);
      // It may have lost some on the way, but then it says so.
      const { heard: there } = reader;
      await until(() => there.of(threadId).at(-1)?.seq === 20_000 || there.told.includes(threadId));
      const heard = seqs(reader.heard.of(threadId));
      // Half of the forty megabytes, however much goes together.
      expect(heard.length).toBeLessThan(10_000);
      expect(heard).toEqual([...heard].sort((one, other) => one - other));
    });

    it('keeps nothing of a thread that is forgotten', async () => {
      const [writer, reader] = [await join(), await join()];
      const [gone, kept] = [newId(), newId()];
      for (const threadId of [gone, kept]) writer.log.publish(threadId, [event(1)]);
      await turnOfTheLoop();
      writer.log.forget(gone);
      await turnOfTheLoop();
      const marker = newId();
      writer.log.publish(marker, [event(1)]);
      reader.log.follow(marker, 0);
      await until(() => reader.heard.of(marker).length === 1);

      // Both begin to be heard with the same read.
      reader.log.follow(gone, 0);
      reader.log.follow(kept, 0);
      await until(() => reader.heard.of(kept).length === 1);
      expect(reader.heard.of(gone)).toEqual([]);
    });

    it('delivers what was published just before it was closed, and nothing after', async () => {
      const [writer, reader] = [await join(), await join()];
      const threadId = newId();
      reader.log.follow(threadId, 0);
      writer.log.publish(threadId, [event(1)]);
      await writer.log.close();
      writer.log.publish(threadId, [event(2)]);
      writer.log.forget(threadId);
      await writer.log.close();

      await until(() => reader.heard.of(threadId).length === 1);
      expect(writer.log.state).not.toBe('up');
    });
  });
}

/** A follower that keeps everything, and hands it on to `handOn` if there is one. */
export class Heard implements LiveFollower {
  handOn: { deliver: LiveFollower['received']; wake: LiveFollower['missed'] } | undefined;
  /** The threads it was told to read; without one, all. */
  readonly told: (string | undefined)[] = [];
  private readonly threads = new Map<string, LoggedEvent[]>();

  received(threadId: string, events: readonly LoggedEvent[]): void {
    const known = this.threads.get(threadId);
    if (known === undefined) this.threads.set(threadId, [...events]);
    else known.push(...events);
    this.handOn?.deliver(threadId, events);
  }

  of(threadId: string): readonly LoggedEvent[] {
    return this.threads.get(threadId) ?? [];
  }

  missed(threadId: string | undefined): void {
    this.told.push(threadId);
    this.handOn?.wake(threadId);
  }
}

/** An event as the log would have stored it. */
export function event(
  seq: number,
  data = `{"n":${seq}}`,
  type: LoggedEvent['type'] = 'ai_response',
): LoggedEvent {
  return { seq, turnId: '0197-turn', type, data, at: '2026-01-02T03:04:05.678Z' };
}

/** Resolves when the condition holds; throws when it does not for too long. */
export async function until(holds: () => boolean, what = holds.toString()): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function seqs(events: readonly LoggedEvent[]): number[] {
  return events.map(({ seq }) => seq);
}
