import { LeaseLostError, newId } from '../../src/kernel/index.js';
import {
  MAX_RESULT_LENGTH,
  type JournalWriter,
  type RunJournal,
} from '../../src/workflow/ports/run-journal.js';

export interface RunJournalUnderTest {
  readonly journal: RunJournal;
  /** Makes a turn whose executions write, and its first one. */
  newWriter(): Promise<JournalWriter>;
  /** Another process takes the turn over; answers the writer that it is then. */
  takeOver(writer: JournalWriter): Promise<JournalWriter>;
}

/** Holds an implementation to every promise of {@link RunJournal}. */
export function describeRunJournal(name: string, setUp: () => RunJournalUnderTest): void {
  describe(`the journal of turns in ${name}`, () => {
    let journal: RunJournal;
    let writer: JournalWriter;
    beforeEach(async () => {
      ({ journal } = setUp());
      writer = await setUp().newWriter();
    });

    it('has nothing that was not begun', async () => {
      expect(await journal.find(writer.turnId, 'call:1')).toBeUndefined();
      expect(await journal.find(newId(), 'call:1')).toBeUndefined();
    });

    it('has what was begun with the epoch of who began it, however often that is said', async () => {
      const begun = { isDone: false, epoch: writer.epoch };
      expect(await journal.begin(writer, 'call:1')).toEqual(begun);
      const next = await setUp().takeOver(writer);
      expect(await journal.begin(next, 'call:1')).toEqual(begun);
      expect(await journal.find(writer.turnId, 'call:1')).toEqual(begun);
      expect(await journal.begin(next, 'call:2')).toEqual({ isDone: false, epoch: next.epoch });
    });

    it.each([
      ['a text', '“é\u2028\\"” 😀'],
      ['an object', { z: 1, a: [null, { b: false }] }],
      ['nothing', null],
    ])('keeps %s as it came of something, whether it was begun or not', async (_what, result) => {
      await journal.begin(writer, 'begun');
      for (const key of ['begun', 'not begun']) {
        expect(await journal.complete(writer, key, result)).toEqual(result);
        expect(await journal.find(writer.turnId, key)).toEqual({ isDone: true, result });
        expect(await journal.begin(writer, key)).toEqual({ isDone: true, result });
      }
    });

    it('keeps what came of it first', async () => {
      await journal.complete(writer, 'call:1', 'first');
      expect(await journal.complete(writer, 'call:1', 'second')).toBe('first');
      expect(await journal.complete(await setUp().takeOver(writer), 'call:1', 'third')).toBe('first');
    });

    it('is of one turn', async () => {
      await journal.complete(writer, 'call:1', 'own');
      const other = await setUp().newWriter();
      expect(await journal.find(other.turnId, 'call:1')).toBeUndefined();
      expect(await journal.complete(other, 'call:1', 'other')).toBe('other');
    });

    it('is told at the same time by two that do not know of each other', async () => {
      const all = await Promise.all([
        journal.begin(writer, 'call:1'),
        journal.begin(writer, 'call:1'),
        journal.begin(writer, 'call:1'),
      ]);
      expect(new Set(all.map((entry) => JSON.stringify(entry))).size).toBe(1);
      const results = ['a', 'b', 'c'].map((result) => journal.complete(writer, 'call:1', result));
      expect(new Set(await Promise.all(results)).size).toBe(1);
    });

    it('takes nothing from a writer whose epoch has passed', async () => {
      await journal.begin(writer, 'begun');
      await setUp().takeOver(writer);
      await expect(journal.begin(writer, 'call:1')).rejects.toBeInstanceOf(LeaseLostError);
      await expect(journal.complete(writer, 'begun', 1)).rejects.toBeInstanceOf(LeaseLostError);
      expect(await journal.find(writer.turnId, 'call:1')).toBeUndefined();
      expect(await journal.find(writer.turnId, 'begun')).toEqual({ isDone: false, epoch: writer.epoch });
    });

    it('takes no result that is longer than it may be', async () => {
      const longest = 'x'.repeat(MAX_RESULT_LENGTH - 2);
      await expect(journal.complete(writer, 'call:1', `${longest}x`)).rejects.toBeInstanceOf(RangeError);
      expect(await journal.find(writer.turnId, 'call:1')).toBeUndefined();
      expect(await journal.complete(writer, 'call:1', longest)).toBe(longest);
    });
  });
}
