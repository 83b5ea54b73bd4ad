import { Inject, Injectable } from '@nestjs/common';
import { Database, INGESTION_DATABASE } from '../../platform/database/index.js';
import { INDEX_VERSION, type SearchText } from '../core/search-text.js';
import type { IndexUpkeep, OutdatedDocument, StoredChunk } from '../ports/index-upkeep.js';
import * as statements from './upkeep-statements.js';

/** Chunks per statement: some ten thousand terms. */
const BATCH = 100;

/** Maintains the index in Postgres, in transactions of about a tenth of a second. */
@Injectable()
export class PostgresIndexUpkeep implements IndexUpkeep {
  constructor(@Inject(INGESTION_DATABASE) private readonly database: Database) {}

  async removeSome(): Promise<boolean> {
    return (await this.database.query(statements.REMOVE_CHUNKS, [BATCH])).length > 0;
  }

  async findOutdated(after: string): Promise<OutdatedDocument | undefined> {
    const [row] = await this.database.query<OutdatedDocument>(statements.FIND_OUTDATED, [
      after,
      INDEX_VERSION,
    ]);
    return row;
  }

  chunksAfter(documentId: string, position: number): Promise<readonly StoredChunk[]> {
    return this.database.query<StoredChunk>(statements.LIST_CHUNKS, [documentId, position, BATCH]);
  }

  async replaceTerms(
    documentId: string,
    chunks: readonly { readonly id: string; readonly text: SearchText }[],
  ): Promise<void> {
    const ids = chunks.map(({ id }) => id);
    await this.database.transaction(async (queryable) => {
      const [document] = await queryable.query<{ scope_id: number }>(statements.LOCK_DOCUMENT, [documentId]);
      if (document === undefined) return;
      const [removed] = await queryable.query<{ terms: number }>(statements.REMOVE_TERMS, [ids]);
      const words = chunks.map(({ text }) => text.words);
      const grams = chunks.map(({ text }) => text.grams);
      const values = [document.scope_id, ids, words, grams];
      const [added] = await queryable.query<{ terms: number }>(statements.ADD_TERMS, values);
      await queryable.query(statements.RECOUNT, [documentId, added!.terms - removed!.terms]);
    });
  }

  async markCurrent(documentId: string): Promise<void> {
    await this.database.query(statements.MARK_CURRENT, [documentId, INDEX_VERSION]);
  }
}
