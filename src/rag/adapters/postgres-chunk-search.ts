import { Injectable } from '@nestjs/common';
import { clearanceLevel, type Caller } from '../../kernel/index.js';
import { Database } from '../../platform/database/index.js';
import { QUERY_LENGTH, type ChunkSearch, type SearchFilter, type SearchHit } from '../ports/chunk-search.js';
import { reader } from './readable.js';
import { SEARCH, SEARCH_FILTERED } from './search-statements.js';

interface HitRow {
  readonly id: string;
  readonly document_id: string;
  readonly title: string;
  readonly content: string;
  readonly start_offset: number;
  readonly end_offset: number;
  readonly score: number;
}

/** Lexical search: BM25 over a term table, in one statement. */
@Injectable()
export class PostgresChunkSearch implements ChunkSearch {
  constructor(private readonly database: Database) {}

  async search(caller: Caller, text: string, limit: number, filter: SearchFilter = {}): Promise<SearchHit[]> {
    const values = [...reader(caller), searchable(text), limit];
    const filters = filterValues(filter);
    const rows = filters.some((value) => value !== null)
      ? await this.database.query<HitRow>(SEARCH_FILTERED, [...values, ...filters])
      : await this.database.query<HitRow>(SEARCH, values);
    return rows.map(hitFrom);
  }
}

/** The part of a query that is looked at, as Postgres takes it. */
function searchable(text: string): string {
  return text.slice(0, QUERY_LENGTH).replaceAll('\0', ' ').toWellFormed();
}

function filterValues({ documentIds, source, securityLevel }: SearchFilter): readonly unknown[] {
  return [
    documentIds ?? null,
    source ?? null,
    securityLevel === undefined ? null : clearanceLevel(securityLevel),
  ];
}

function hitFrom(row: HitRow): SearchHit {
  return {
    chunkId: row.id,
    documentId: row.document_id,
    title: row.title,
    content: row.content,
    score: row.score,
    offsets: { start: row.start_offset, end: row.end_offset },
  };
}
