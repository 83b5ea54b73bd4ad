import { newId, type Caller } from '../../src/kernel/index.js';
import type { CallWriter, StoredResults } from '../../src/tool/ports/stored-results.js';
import { newUser } from '../support/callers.js';

export interface StoredResultsUnderTest {
  readonly results: StoredResults;
  newThread(owner: Caller): Promise<string>;
  /** Makes a turn of the thread that writes. */
  newWriter(threadId: string): Promise<CallWriter>;
  /**
   * Stores the message with what came of a call, of the writer's turn where one is named, drawn from documents up to this
   * level: 0 is `public`, 3 `restricted`.
   */
  store(
    threadId: string,
    callId: string,
    content: string,
    level?: number,
    writer?: CallWriter,
  ): Promise<void>;
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

    describe('with contents beside the message', () => {
      let writer: CallWriter;
      beforeEach(async () => {
        writer = await subject.newWriter(threadId);
      });
      const contentAt = async (url: string, caller = ada, thread = threadId, maxBytes = 1e6) =>
        subject.results.contentAt(caller, thread, url, maxBytes);

      it('are read on in as a whole', async () => {
        const text = `${'é😀x'.repeat(200_000)}end`;
        await subject.results.keep(writer, 'call_1', [
          { mediaType: 'text/plain', content: { text }, isWholeText: true },
        ]);
        await subject.store(threadId, 'call_1', 'head and tail', 0, writer);
        expect(await read('call_1', 599_998, 10)).toEqual({ content: '😀xend', length: 600_003 });
        expect(await read('call_1', 0, 3)).toEqual({ content: 'é😀x', length: 600_003 });
        // A piece ends somewhere in between.
        const { content } = (await read('call_1', 150_000, 300_000))!;
        expect(content === [...text].slice(150_000, 450_000).join('')).toBe(true);
        expect(await read('call_1', 700_000, 3)).toEqual({ content: '', length: 600_003 });
      });

      it('are served where they were said to be, to who may read the result', async () => {
        const data = Buffer.from('an image').toString('base64');
        const [first, second] = (await subject.results.keep(writer, 'call_1', [
          { mediaType: 'image/png', content: { data } },
          { mediaType: 'text/plain', content: { text: 'é' } },
        ]))!;
        expect([first?.size, second?.size]).toEqual([8, 2]);
        expect(first?.url).toMatch(new RegExp(`^/chat/threads/${threadId}/parts/[0-9a-f-]{36}$`));
        await subject.store(threadId, 'call_1', 'said', 3, writer);
        const cleared: Caller = { ...ada, clearance: 'restricted' };
        expect(await contentAt(first!.url, cleared)).toBe(data);
        expect(await contentAt(first!.url, cleared, threadId, 7)).toBeUndefined();
        expect(await contentAt(first!.url)).toBeUndefined();
        expect(await contentAt(first!.url, { ...newUser(), clearance: 'restricted' })).toBeUndefined();
        expect(await contentAt(first!.url, cleared, await subject.newThread(ada))).toBeUndefined();
        expect(await contentAt('https://example.org/', cleared)).toBeUndefined();
      });

      it('have no more of them than a turn may have', async () => {
        const data = Buffer.alloc(70_000_000).toString('base64');
        const contents = [{ mediaType: 'image/png', content: { data } }];
        expect(await subject.results.keep(writer, 'call_1', contents)).toHaveLength(1);
        expect(await subject.results.keep(writer, 'call_2', contents)).toBeUndefined();
      });
    });
  });
}
