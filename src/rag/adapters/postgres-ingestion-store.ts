import { Inject, Injectable } from '@nestjs/common';
import { AppError, newId, type ErrorBody } from '../../kernel/index.js';
import { Database, databaseError, INGESTION_DATABASE } from '../../platform/database/index.js';
import type { ContentType } from '../core/document.js';
import { INDEX_VERSION } from '../core/search-text.js';
import type {
  ClaimedIngestion,
  IndexedChunk,
  IngestionStore,
  LoadedDocument,
} from '../ports/ingestion-store.js';
import * as statements from './ingestion-statements.js';

/** The lease of a document, in seconds: many times what one batch takes. */
const LEASE_S = 15;
/** Documents of one user that are ingested at a time, in all processes together. */
const MAX_PER_USER = 1;
const OUTDATED_CHUNKS_AT_ONCE = 100;

interface ClaimedRow {
  readonly document_id: string;
  readonly index_version: number;
  readonly attempts: number;
  readonly written_chunks: number;
}

/** Documents that are being ingested: rows in Postgres, claimed under short locks and leased for seconds. */
@Injectable()
export class PostgresIngestionStore implements IngestionStore {
  constructor(@Inject(INGESTION_DATABASE) private readonly database: Database) {}

  claim(): Promise<ClaimedIngestion | undefined> {
    return this.database.transaction(async (queryable) => {
      await queryable.query(statements.LOCK_CLAIMS);
      const run = newId();
      const [row] = await queryable.query<ClaimedRow>(statements.CLAIM, [run, LEASE_S, MAX_PER_USER]);
      if (row === undefined) return undefined;
      await queryable.query(statements.SHOW_STATUS, [row.document_id, 'processing']);
      return {
        documentId: row.document_id,
        run,
        attempts: row.attempts,
        written: row.written_chunks,
        isOutdated: row.index_version !== INDEX_VERSION,
      };
    });
  }

  async load({ documentId }: ClaimedIngestion): Promise<LoadedDocument | undefined> {
    const [row] = await this.database.query<{ title: string; content_type: ContentType; content: string }>(
      statements.LOAD,
      [documentId],
    );
    return row && { title: row.title, contentType: row.content_type, content: row.content };
  }

  async removeOutdated({ documentId, run }: ClaimedIngestion): Promise<boolean | undefined> {
    const values = [documentId, run, OUTDATED_CHUNKS_AT_ONCE, LEASE_S];
    const [row] = await this.database.query<{ removed: number }>(statements.REMOVE_OUTDATED_CHUNKS, values);
    if (row !== undefined && row.removed > 0) return true;
    await this.database.query(statements.BEGIN_ANEW, [documentId, run, INDEX_VERSION]);
    return undefined;
  }

  async write({ documentId, run }: ClaimedIngestion, chunks: readonly IndexedChunk[]): Promise<boolean> {
    const values = [
      documentId,
      run,
      LEASE_S,
      chunks.map(() => newId()),
      chunks.map(({ position }) => position),
      chunks.map(({ content }) => content),
      chunks.map(({ offsets }) => offsets.start),
      chunks.map(({ offsets }) => offsets.end),
      chunks.map(({ text }) => text.words),
      chunks.map(({ text }) => text.grams),
    ];
    try {
      return (await this.database.query(statements.WRITE_CHUNKS, values)).length > 0;
    } catch (error) {
      throw isPermanent(error) ? cannotBeKept(error) : error;
    }
  }

  async finish({ documentId, run }: ClaimedIngestion): Promise<boolean> {
    return (await this.database.query(statements.FINISH, [documentId, run])).length > 0;
  }

  async fail({ documentId, run }: ClaimedIngestion, error: ErrorBody): Promise<boolean> {
    const values = [documentId, run, JSON.stringify(error)];
    return (await this.database.query(statements.FAIL, values)).length > 0;
  }

  async release({ documentId, run }: ClaimedIngestion): Promise<void> {
    const released = await this.database.query(statements.RELEASE, [documentId, run]);
    if (released.length > 0) await this.database.query(statements.SHOW_STATUS, [documentId, 'queued']);
  }
}

/** Whether Postgres will never accept the data (classes 22 and 23), or they exceed one of its limits (54). */
function isPermanent(error: unknown): boolean {
  return /^(22|23|54)/.test(databaseError(error)?.code ?? '');
}

function cannotBeKept(cause: unknown): AppError {
  return new AppError(
    'INTERNAL',
    'A passage of the document cannot be kept; delete the document and put it in again without what is unusual in it.',
    { cause },
  );
}
