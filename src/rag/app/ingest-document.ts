import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../kernel/index.js';
import { chunksOf } from '../core/chunk.js';
import { searchText } from '../core/search-text.js';
import {
  INGESTION_STORE,
  type ClaimedIngestion,
  type IndexedChunk,
  type IngestionStore,
  type LoadedDocument,
} from '../ports/ingestion-store.js';
import { Slices } from './slices.js';

/** After this many attempts without progress, the document is assumed to crash its process. */
const MAX_ATTEMPTS = 3;

/** The most chunks of a batch, and its estimated terms: one statement of about a tenth of a second. */
const BATCH_CHUNKS = 100;
const BATCH_TERMS = 15_000;

/** Ingests one document: cuts it, makes its terms, writes both in batches, and makes it ready. */
@Injectable()
export class IngestDocument {
  constructor(@Inject(INGESTION_STORE) private readonly store: IngestionStore) {}

  /**
   * Continues where an earlier run ended. A document that cannot be ingested becomes `failed`. Throws transient errors:
   * the lease expires then, and another run continues. Releases the document when the signal aborts.
   */
  async ingest(run: ClaimedIngestion, signal: AbortSignal): Promise<void> {
    try {
      if (run.attempts > MAX_ATTEMPTS) throw tooOften();
      if (run.isOutdated) await this.removeOutdated(run, signal);
      const document = await this.store.load(run);
      if (document === undefined) return;
      for await (const batch of batchesOf(document, run.isOutdated ? 0 : run.written)) {
        signal.throwIfAborted();
        if (!(await this.store.write(run, batch))) return;
      }
      signal.throwIfAborted();
      await this.store.finish(run);
    } catch (error) {
      if (signal.aborted) await this.store.release(run);
      else if (error instanceof AppError) await this.store.fail(run, error.toBody());
      else throw error;
    }
  }

  private async removeOutdated(run: ClaimedIngestion, signal: AbortSignal): Promise<void> {
    while (await this.store.removeOutdated(run)) signal.throwIfAborted();
  }
}

/** The document's chunks from the given one on, yielding to the event loop in between. */
async function* batchesOf(document: LoadedDocument, first: number): AsyncGenerator<IndexedChunk[]> {
  const { title, content, contentType } = document;
  const slices = new Slices();
  let batch: IndexedChunk[] = [];
  let terms = 0;
  let position = 0;
  for (const chunk of chunksOf(content, contentType)) {
    await slices.pause();
    if (chunk === undefined || position++ < first) continue;
    const text = searchText(`${title}\n${chunk.content}`);
    batch.push({ ...chunk, position: position - 1, text });
    // A word has about six letters with its blank, a gram two.
    terms += text.words.length / 6 + text.grams.length / 2;
    if (batch.length < BATCH_CHUNKS && terms < BATCH_TERMS) continue;
    yield batch;
    batch = [];
    terms = 0;
  }
  if (batch.length > 0) yield batch;
}

function tooOften(): AppError {
  return new AppError(
    'INTERNAL',
    `The document could not be taken in: ${MAX_ATTEMPTS} attempts broke off at the same place. Delete it and put it in again, in parts if it is long.`,
  );
}
