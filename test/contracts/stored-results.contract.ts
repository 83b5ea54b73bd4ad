import { newId, type Caller } from '../../src/kernel/index.js';
import type { StoredResults } from '../../src/tool/ports/stored-results.js';
import { newUser } from '../support/callers.js';

export interface StoredResultsUnderTest {
  readonly results: StoredResults;
  newThread(owner: Caller): Promise<string>;
  /** Stores what came of a call, drawn from documents up to this level: 0 is `public`, 3 `restricted`. */
  store(threadId: string, callId: string, content: string, level?: number): Promise<void>;
}

/** Holds an implementation to every promise of {@link StoredResults}. */
export function describeStoredResults(name: string, setUp: () => StoredResultsUnderTest): void {
  describe(`the results of calls in ${name}`, () => {
    let subject: StoredResultsUnderTest;
    let ada: Caller;
    let threadId: string;
    beforeEach(async () => {
      subject = setUp();
      ada = newUser();
      threadId = await subject.newThread(ada);
    });
    const read = (callId: string, from = 0, length = 100, caller = ada, thread = threadId) =>
      subject.results.read(caller, thread, callId, from, length);

    it('are read in parts', async () => {
      await subject.store(threadId, 'call_1', '0123456789');
      expect(await read('call_1')).toEqual({ content: '0123456789', length: 10 });
      expect(await read('call_1', 0, 3)).toEqual({ content: '012', length: 10 });
      expect(await read('call_1', 3, 4)).toEqual({ content: '3456', length: 10 });
      expect(await read('call_1', 8, 4)).toEqual({ content: '89', length: 10 });
      expect(await read('call_1', 10, 4)).toEqual({ content: '', length: 10 });
      expect(await read('call_1', 100_000_000, 4)).toEqual({ content: '', length: 10 });
    });

    it('are counted in whole characters', async () => {
      await subject.store(threadId, 'call_1', 'a😀é東b');
      expect(await read('call_1', 1, 2)).toEqual({ content: '😀é', length: 5 });
      expect(await read('call_1', 2)).toEqual({ content: 'é東b', length: 5 });
    });

    it('may be empty', async () => {
      await subject.store(threadId, 'call_1', '');
      expect(await read('call_1')).toEqual({ content: '', length: 0 });
    });

    it('are those of the newest call of that name', async () => {
      await subject.store(threadId, 'call_1', 'old');
      await subject.store(threadId, 'call_2', 'other');
      await subject.store(threadId, 'call_1', 'new');
      expect(await read('call_1')).toEqual({ content: 'new', length: 3 });
    });

    it('are absent where there is no such call in the caller’s thread', async () => {
      await subject.store(threadId, 'call_1', 'said');
      const other = newUser();
      expect(await read('call_2')).toBeUndefined();
      expect(await read('call_1', 0, 9, ada, await subject.newThread(ada))).toBeUndefined();
      expect(await read('call_1', 0, 9, ada, newId())).toBeUndefined();
      expect(await read('call_1', 0, 9, other)).toBeUndefined();
      expect(await read('call_1', 0, 9, other, await subject.newThread(other))).toBeUndefined();
      expect(await read('call_1', 0, 9, { ...ada, org: 'other' })).toBeUndefined();
    });

    it('are absent where the caller may not read what they are drawn from', async () => {
      await subject.store(threadId, 'call_1', 'secret', 3);
      expect(await read('call_1', 0, 9, { ...ada, clearance: 'restricted' })).toBeDefined();
      expect(await read('call_1', 0, 9, { ...ada, clearance: 'confidential' })).toBeUndefined();
    });
  });
}
