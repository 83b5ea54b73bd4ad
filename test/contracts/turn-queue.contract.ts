import { setTimeout as pause } from 'node:timers/promises';
import { newId } from '../../src/kernel/index.js';
import type { TurnQueue } from '../../src/turn/ports/turn-queue.js';
import { sized } from '../support/size.js';
import { until } from '../support/until.js';

/** What a suite needs of an implementation: as many ends of one queue as there are processes. */
export interface QueueUnderTest {
  /** One process's end of the queue, which is empty when the suite begins. */
  open(): Promise<TurnQueue>;
  /** Ends the processes that were opened. */
  closeAll(): Promise<void>;
  end(): Promise<void>;
}

/** Long enough for what must not come to come. */
const A_WHILE_MS = sized(200, 700);

/** Holds an implementation to every promise of {@link TurnQueue}. */
export function describeTurnQueue(name: string, setUp: () => Promise<QueueUnderTest>): void {
  describe(`the turn queue in ${name}`, () => {
    let subject: QueueUnderTest;

    beforeAll(async () => {
      subject = await setUp();
    });
    afterEach(() => subject.closeAll());
    afterAll(() => subject.end());

    function open(): Promise<TurnQueue> {
      return subject.open();
    }

    /** A consumer, and what it was brought so far. */
    async function consumer(): Promise<{ readonly queue: TurnQueue; readonly taken: string[] }> {
      const queue = await open();
      const taken: string[] = [];
      await queue.consume((turnId) => Promise.resolve(void taken.push(turnId)));
      return { queue, taken };
    }

    it('brings an offered turn to a consumer', async () => {
      const producer = await open();
      const { taken } = await consumer();
      const turnId = newId();

      expect(await producer.offer(turnId)).toBe(true);

      await until(() => taken.length > 0);
      expect(taken).toEqual([turnId]);
    });

    it('keeps what is offered while nobody consumes', async () => {
      const producer = await open();
      const turnIds = Array.from({ length: 20 }, () => newId());
      for (const turnId of turnIds) expect(await producer.offer(turnId)).toBe(true);
      await producer.close();

      const { taken } = await consumer();

      await until(() => taken.length >= turnIds.length);
      expect([...taken].sort()).toEqual([...turnIds].sort());
    });

    it('brings each turn to one of several consumers', async () => {
      const producer = await open();
      const consumers = [await consumer(), await consumer(), await consumer()];
      const turnIds = Array.from({ length: 200 }, () => newId());

      await Promise.all(turnIds.map((turnId) => producer.offer(turnId)));

      const all = () => consumers.flatMap(({ taken }) => taken);
      await until(() => all().length >= turnIds.length);
      await pause(A_WHILE_MS);
      expect(all().sort()).toEqual([...turnIds].sort());
    });

    it('brings nothing to a consumer that is not open, and everything to one that is', async () => {
      const closed = await consumer();
      const other = await consumer();
      closed.queue.setOpen(false);
      const turnIds = Array.from({ length: 30 }, () => newId());

      await Promise.all(turnIds.map((turnId) => closed.queue.offer(turnId)));

      await until(() => other.taken.length >= turnIds.length);
      expect([...other.taken].sort()).toEqual([...turnIds].sort());
      expect(closed.taken).toEqual([]);
    });

    it('goes on with a consumer that is open again', async () => {
      const { queue, taken } = await consumer();
      queue.setOpen(false);
      const turnId = newId();
      await queue.offer(turnId);
      await pause(A_WHILE_MS);
      expect(taken).toEqual([]);

      queue.setOpen(true);

      await until(() => taken.length > 0);
      expect(taken).toEqual([turnId]);
    });

    it('is not confused by a consumer that opens and closes all the time', async () => {
      const { queue, taken } = await consumer();
      const turnIds = Array.from({ length: 60 }, () => newId());
      for (const [index, turnId] of turnIds.entries()) {
        queue.setOpen(index % 3 === 0);
        await queue.offer(turnId);
        queue.setOpen(index % 2 === 0);
        if (index % 5 === 0) await pause(1);
      }

      queue.setOpen(true);

      await until(() => taken.length >= turnIds.length);
      expect([...taken].sort()).toEqual([...turnIds].sort());
    });

    it('brings nothing to a consumer that was closed before it began, until it opens', async () => {
      const queue = await open();
      queue.setOpen(false);
      const taken: string[] = [];
      await queue.consume((turnId) => Promise.resolve(void taken.push(turnId)));
      const turnId = newId();
      await queue.offer(turnId);
      await pause(A_WHILE_MS);
      expect(taken).toEqual([]);

      queue.setOpen(true);

      await until(() => taken.length > 0);
      expect(taken).toEqual([turnId]);
    });

    it('brings a turn once that is offered several times while it waits', async () => {
      const producers = [await open(), await open()];
      const turnId = newId();
      for (const producer of [...producers, ...producers]) expect(await producer.offer(turnId)).toBe(true);

      const { taken } = await consumer();

      await until(() => taken.length > 0);
      await pause(A_WHILE_MS);
      expect(taken).toEqual([turnId]);
    });

    it('brings a turn again that is offered again after it was taken', async () => {
      const { queue, taken } = await consumer();
      const turnId = newId();
      for (let times = 1; times <= 5; times += 1) {
        await queue.offer(turnId);
        await until(() => taken.length === times);
      }
      expect(taken).toEqual(Array<string>(5).fill(turnId));
    });

    it('brings a turn again that is offered while it is being taken', async () => {
      const queue = await open();
      const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
      const taken: string[] = [];
      await queue.consume((turnId) => {
        taken.push(turnId);
        return taken.length === 1 ? mayGoOn : Promise.resolve();
      });
      const turnId = newId();
      await queue.offer(turnId);
      await until(() => taken.length === 1);

      expect(await queue.offer(turnId)).toBe(true);
      expect(await queue.offer(turnId)).toBe(true);
      goOn();

      await until(() => taken.length >= 2);
      await pause(A_WHILE_MS);
      expect(new Set(taken)).toEqual(new Set([turnId]));
    });

    it('brings a turn again that could not be taken', async () => {
      const queue = await open();
      const taken: string[] = [];
      await queue.consume((turnId) => {
        taken.push(turnId);
        return taken.length < 3 ? Promise.reject(new Error('not now')) : Promise.resolve();
      });
      const turnId = newId();
      await queue.offer(turnId);

      await until(() => taken.length >= 3);
      await pause(A_WHILE_MS);
      expect(taken).toEqual([turnId, turnId, turnId]);
    });

    it('leaves to others what came when it closed', async () => {
      const leaving = await consumer();
      const turnIds = Array.from({ length: 40 }, () => newId());
      const offers = turnIds.map((turnId) => leaving.queue.offer(turnId));
      await offers[0];
      leaving.queue.setOpen(false);
      expect(await Promise.all(offers)).toEqual(turnIds.map(() => true));
      await leaving.queue.close();

      const { taken } = await consumer();

      await until(() => taken.length + leaving.taken.length >= turnIds.length);
      await pause(A_WHILE_MS);
      expect([...taken, ...leaving.taken].sort()).toEqual([...turnIds].sort());
    });

    it('closes although something is being taken that never ends, and more than once', async () => {
      const queue = await open();
      let isTaken = false;
      await queue.consume(() => {
        isTaken = true;
        return new Promise(() => undefined);
      });
      await queue.offer(newId());
      await until(() => isTaken);

      await Promise.all([queue.close(), queue.close()]);

      expect(await queue.offer(newId())).toBe(false);
    });

    it('closes at once after it was opened', async () => {
      const queue = await open();
      await queue.consume(() => Promise.resolve());
      await queue.close();
      expect(await queue.offer(newId())).toBe(false);
    });
  });
}
