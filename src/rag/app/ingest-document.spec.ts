import { loopTurnsDuring } from '../../../test/support/loop-turns.js';
import { AppError } from '../../kernel/index.js';
import type {
  LoadedDocument,
  ClaimedIngestion,
  IndexedChunk,
  IngestionStore,
} from '../ports/ingestion-store.js';
import { IngestDocument } from './ingest-document.js';

const MEGABYTES = 5_000_000;
const RUN: ClaimedIngestion = {
  documentId: 'document',
  run: 'run',
  attempts: 1,
  written: 0,
  isOutdated: false,
};

/** Notes what it is asked to do. */
function setUp(document: Partial<LoadedDocument> = {}, change: Partial<IngestionStore> = {}) {
  const batches: (readonly IndexedChunk[])[] = [];
  const calls: string[] = [];
  const noted = (name: string) => () => Promise.resolve(calls.push(name) > 0);
  const store: IngestionStore = {
    claim: () => Promise.resolve(undefined),
    load: () => Promise.resolve({ title: 'T', contentType: 'text/plain', content: 'Words.', ...document }),
    removeOutdated: () => Promise.resolve(undefined),
    write: (_run, chunks) => Promise.resolve(batches.push(chunks) > 0),
    finish: noted('finish'),
    fail: noted('fail'),
    release: async () => void (await noted('release')()),
    ...change,
  };
  return { ingest: new IngestDocument(store), batches, calls };
}

const never = new AbortController().signal;

describe('IngestDocument', () => {
  it.each([
    ['words', 'Many different words in a row, and more. '],
    ['Chinese without an end of a sentence', '中文搜索功能很好'],
    ['one letter', 'a'],
    ['empty lines', '\n'],
    ['headings', '# a\n'],
    ['fences', '```\n'],
  ])(
    'lets everybody else have their turn all through five megabytes of %s',
    async (_name, scrap) => {
      const content = `x${scrap.repeat(MEGABYTES / Buffer.byteLength(scrap))}x`;
      const { ingest, calls } = setUp({ content, contentType: 'text/markdown' });
      const turns = await loopTurnsDuring(() => ingest.ingest(RUN, never));
      expect(calls).toEqual(['finish']);
      expect(turns).toBeGreaterThan(5);
    },
    120_000,
  );

  it('writes batches of a bounded number of terms, whatever the script', async () => {
    for (const scrap of ['Many different words in a row. ', '中文搜索功能很好。']) {
      const { ingest, batches } = setUp({ content: scrap.repeat(20_000) });
      await ingest.ingest(RUN, never);
      expect(batches.length).toBeGreaterThan(3);
      for (const batch of batches) {
        const terms = batch.flatMap(({ text }) => `${text.words} ${text.grams}`.split(/\s+/));
        expect(terms.length).toBeLessThan(25_000);
      }
    }
  });

  it('goes on behind what was written before', async () => {
    const content = 'A sentence of some words. '.repeat(2_000);
    const whole = setUp({ content });
    await whole.ingest.ingest(RUN, never);
    const rest = setUp({ content });
    await rest.ingest.ingest({ ...RUN, written: 7 }, never);
    expect(rest.batches.flat()).toEqual(whole.batches.flat().slice(7));
  });

  it('stops when the document is another’s or is gone', async () => {
    const { ingest, calls } = setUp({}, { write: () => Promise.resolve(false) });
    await ingest.ingest(RUN, never);
    expect(calls).toEqual([]);
  });

  it('lets the document fail with what cannot be mended, and throws what may pass', async () => {
    const refusal = new AppError('INTERNAL', 'It cannot be kept.');
    const failing = setUp({}, { write: () => Promise.reject(refusal) });
    await failing.ingest.ingest(RUN, never);
    expect(failing.calls).toEqual(['fail']);
    const passing = setUp({}, { write: () => Promise.reject(new Error('the connection is lost')) });
    await expect(passing.ingest.ingest(RUN, never)).rejects.toThrow('lost');
    expect(passing.calls).toEqual([]);
  });
});
