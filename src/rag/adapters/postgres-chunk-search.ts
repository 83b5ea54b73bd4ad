import { AppError, clearanceLevel, type Caller } from '../../kernel/index.js';
import { databaseError, QUERY_CANCELED, type Database, type Sql } from '../../platform/database/index.js';
import { queryText } from '../core/search-text.js';
import { QUERY_LENGTH, type ChunkSearch, type SearchFilter, type SearchHit } from '../ports/chunk-search.js';
import { reader } from './readable.js';
import { QUERY_TERMS, READ, SEARCH, SEARCH_FILTERED } from './search-statements.js';

interface ChunkRow {
  readonly id: string;
  readonly document_id: string;
  readonly title: string;
  readonly content: string;
  readonly start_offset: number;
  readonly end_offset: number;
  readonly level: number;
}

interface HitRow extends ChunkRow {
  readonly score: number;
}

/** Lexical search: BM25 over a term table, in one statement. */
export class PostgresChunkSearch implements ChunkSearch {
  constructor(private readonly database: Database) {}

  async search(caller: Caller, text: string, limit: number, filter: SearchFilter = {}): Promise<SearchHit[]> {
    const { words, grams } = queryText(searchable(text), QUERY_TERMS);
    const values = [...reader(caller), words, grams, limit];
    const filters = filterValues(filter);
    const rows = filters.some((value) => value !== null)
      ? await this.rows(SEARCH_FILTERED, [...values, ...filters])
      : await this.rows(SEARCH, values);
    return rows.map((row) => ({ ...chunkFrom(row), score: row.score }));
  }

  async read(caller: Caller, chunkIds: readonly string[]): Promise<Omit<SearchHit, 'score'>[]> {
    const rows = await this.database.query<ChunkRow>(READ, [...reader(caller), chunkIds]);
    return rows.map(chunkFrom);
  }

  private async rows(statement: Sql, values: readonly unknown[]): Promise<HitRow[]> {
    try {
      return await this.database.query<HitRow>(statement, values);
    } catch (error) {
      if (databaseError(error)?.code === QUERY_CANCELED) throw tookTooLong(error);
      throw error;
    }
  }
}

/** The part of a query that is searched for, as text that Postgres accepts. */
function searchable(text: string): string {
  return text.slice(0, QUERY_LENGTH).replaceAll('\0', ' ').toWellFormed();
}

function tookTooLong(cause: unknown): AppError {
  return new AppError(
    'PROVIDER_UNAVAILABLE',
    'The search took too long and was given up; ask for fewer, rarer words, or again in a moment.',
    { cause, retryAfter: 1 },
  );
}

function filterValues({ documentIds, source, securityLevel }: SearchFilter): readonly unknown[] {
  return [
    documentIds ?? null,
    source ?? null,
    securityLevel === undefined ? null : clearanceLevel(securityLevel),
  ];
}

function chunkFrom(row: ChunkRow): Omit<SearchHit, 'score'> {
  return {
    chunkId: row.id,
    documentId: row.document_id,
    title: row.title,
    content: row.content,
    offsets: { start: row.start_offset, end: row.end_offset },
    level: row.level,
  };
}
