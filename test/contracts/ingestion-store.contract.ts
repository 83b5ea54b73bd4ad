import { newId, type Caller } from '../../src/kernel/index.js';
import { chunk } from '../../src/rag/core/chunk.js';
import { searchText } from '../../src/rag/core/search-text.js';
import type { ClaimedIngestion } from '../../src/rag/ports/ingestion-store.js';
import { newReader, type Rag } from '../support/rag.js';

export interface IngestionStoreUnderTest extends Pick<Rag, 'store' | 'queue' | 'search' | 'ingest' | 'post'> {
  /** Lets the lease of every claim run out, as when its process dies. */
  lapse(): Promise<void>;
  /** Makes what is written of every document another version's work. */
  outdate(): Promise<void>;
}

const LONG = Array.from({ length: 400 }, (_, index) => `Sentence ${index} speaks of herons.`).join(' ');
const CHUNKS = chunk(LONG, 'text/plain').map((each, position) => ({
  ...each,
  position,
  text: searchText(`Untitled\n${each.content}`),
}));
const FAILURE = { error: '', message: '', code: 'INTERNAL', retryable: false, details: {} } as const;
const never = new AbortController().signal;

/**
 * Holds an implementation to every promise of {@link IngestionStore}. Each test has a store of its own: whoever else takes
 * documents in would take these.
 */
export function describeIngestionStore(name: string, setUp: () => IngestionStoreUnderTest): void {
  describe(`documents on their way in, in ${name}`, () => {
    let rag: IngestionStoreUnderTest;
    beforeEach(() => {
      rag = setUp();
    });

    it('are claimed once, with what there is to take in', async () => {
      const caller = newReader();
      expect(await rag.queue.claim()).toBeUndefined();
      const { id } = await rag.post(caller, 'Words.', { title: 'Title', contentType: 'text/markdown' });
      const claimed = (await rag.queue.claim())!;
      expect(claimed).toMatchObject({ documentId: id, attempts: 1, written: 0, isOutdated: false });
      expect(await rag.queue.claim()).toBeUndefined();
      expect(await rag.queue.load(claimed)).toEqual({
        title: 'Title',
        contentType: 'text/markdown',
        content: 'Words.',
      });
      expect(await rag.store.find(caller, id)).toMatchObject({ status: 'processing' });
    });

    it('are found by nobody until they are finished, and whole from then on', async () => {
      const caller = newReader();
      const { id } = await rag.post(caller, LONG);
      const claimed = (await rag.queue.claim())!;
      expect(await rag.queue.write(claimed, CHUNKS)).toBe(true);
      expect(await rag.search.search(caller, 'herons', 1_000)).toEqual([]);
      expect(await rag.queue.finish(claimed)).toBe(true);
      expect(await rag.search.search(caller, 'herons', 1_000)).toHaveLength(CHUNKS.length);
      expect(await rag.store.find(caller, id)).toMatchObject({ status: 'ready', chunkCount: CHUNKS.length });
    });

    it('are told how much an earlier run has written, and of another version’s work', async () => {
      await rag.post(newReader(), LONG);
      await rag.queue.write((await rag.queue.claim())!, CHUNKS.slice(0, 2));
      await rag.lapse();
      expect(await rag.queue.claim()).toMatchObject({ written: 2, isOutdated: false });
      await rag.outdate();
      await rag.lapse();
      const claimed = (await rag.queue.claim())!;
      expect(claimed).toMatchObject({ written: 2, isOutdated: true });
      while ((await rag.queue.removeOutdated(claimed)) !== undefined);
      await rag.lapse();
      expect(await rag.queue.claim()).toMatchObject({ written: 0, isOutdated: false });
    });

    it.each<[string, (rag: IngestionStoreUnderTest, caller: Caller, id: string) => Promise<unknown>]>([
      ['is another process’s', async (rag) => (await rag.lapse(), rag.queue.claim())],
      ['is deleted', (rag, caller, id) => rag.store.remove(caller, id)],
    ])('are changed by no run whose document %s', async (_what, happens) => {
      const caller = newReader();
      const { id } = await rag.post(caller, LONG);
      const claimed = (await rag.queue.claim())!;
      await happens(rag, caller, id);
      const before = await rag.store.find(caller, id);
      expect(await rag.queue.write(claimed, CHUNKS)).toBe(false);
      expect(await rag.queue.finish(claimed)).toBe(false);
      expect(await rag.queue.fail(claimed, FAILURE)).toBe(false);
      await rag.queue.release(claimed);
      expect(await rag.store.find(caller, id)).toEqual(before);
    });

    it('fail with the reason that is given', async () => {
      const caller = newReader();
      const { id } = await rag.post(caller, LONG);
      const claimed: ClaimedIngestion = (await rag.queue.claim())!;
      expect(await rag.queue.fail(claimed, FAILURE)).toBe(true);
      expect(await rag.store.find(caller, id)).toMatchObject({ status: 'failed', error: FAILURE });
      expect(await rag.queue.claim()).toBeUndefined();
    });

    it('are given back by a process that stops, and count as not begun', async () => {
      const caller = newReader();
      const { id } = await rag.post(caller, LONG);
      await rag.ingest.ingest((await rag.queue.claim())!, AbortSignal.abort());
      expect(await rag.store.find(caller, id)).toMatchObject({ status: 'queued' });
      expect(await rag.queue.claim()).toMatchObject({ documentId: id, attempts: 1 });
    });

    it('are begun in turn: who puts many in delays nobody who puts one in', async () => {
      const [org, other] = [newId(), newId()];
      const [ann, bob, cleo] = [newReader({ org }), newReader({ org }), newReader({ org: other })];
      const posts: [Caller, string][] = [];
      for (const caller of [ann, ann, ann, bob, cleo])
        posts.push([caller, (await rag.post(caller, 'Words.')).id]);
      const owner = new Map(posts.map(([caller, id]) => [id, caller]));
      const order: Caller[] = [];
      for (let claimed = await rag.queue.claim(); claimed !== undefined; claimed = await rag.queue.claim()) {
        order.push(owner.get(claimed.documentId)!);
        await rag.ingest.ingest(claimed, never);
      }
      expect(order).toEqual([ann, cleo, bob, ann, ann]);
    });

    it('are taken in one at a time a user, however many processes look for them at once', async () => {
      const [ann, bob] = [newReader(), newReader()];
      for (const caller of [ann, ann, ann, bob, bob]) await rag.post(caller, 'Words.');
      const claims = await Promise.all(Array.from({ length: 8 }, () => rag.queue.claim()));
      expect(claims.filter((claimed) => claimed !== undefined)).toHaveLength(2);
    });
  });
}
