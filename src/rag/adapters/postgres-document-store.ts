import { Injectable } from '@nestjs/common';
import { CLEARANCES, clearanceLevel, newId, type Caller, type ErrorBody } from '../../kernel/index.js';
import { Database } from '../../platform/database/index.js';
import type { Chunk } from '../core/chunk.js';
import type { ContentType, DocumentStatus, Metadata, RagDocument } from '../core/document.js';
import type { DocumentStore, NewDocument, Removal } from '../ports/document-store.js';
import * as statements from './document-statements.js';
import { reader } from './readable.js';

interface DocumentRow {
  readonly id: string;
  readonly title: string;
  readonly source: string | null;
  readonly content_type: ContentType;
  readonly level: number;
  readonly shared: boolean;
  readonly status: DocumentStatus;
  readonly chunk_count: number;
  readonly bytes: number;
  readonly metadata: Metadata;
  readonly error: ErrorBody | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** Documents in Postgres; what a caller may read is decided in each statement, by one rule. */
@Injectable()
export class PostgresDocumentStore implements DocumentStore {
  constructor(private readonly database: Database) {}

  async add(caller: Caller, document: NewDocument, chunks: readonly Chunk[]): Promise<RagDocument> {
    const privateTo = document.visibility === 'private' ? caller.id : null;
    const scope = [caller.org, clearanceLevel(document.securityLevel), privateTo];
    return this.database.transaction(async (queryable) => {
      await queryable.query(statements.ENSURE_SCOPE, scope);
      const values = [...scope, ...chunkValues(chunks), ...documentValues(caller, document)];
      const [row] = await queryable.query<AddedRow>(statements.ADD_DOCUMENT, values);
      if (row === undefined) throw new Error('the scope of a new document is gone');
      await queryable.query(statements.COUNT_IN, [row.scope_id, row.chunk_count, row.term_count]);
      return documentFrom(row);
    });
  }

  async find(caller: Caller, id: string): Promise<RagDocument | undefined> {
    const [row] = await this.database.query<DocumentRow>(statements.FIND_DOCUMENT, [...reader(caller), id]);
    return row && documentFrom(row);
  }

  async readableAmong(caller: Caller, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const values = [...reader(caller), ids];
    const rows = await this.database.query<{ readonly id: string }>(statements.READABLE_AMONG, values);
    return new Set(rows.map(({ id }) => id));
  }

  async list(caller: Caller, limit: number, before: string | undefined): Promise<RagDocument[]> {
    const values = [...reader(caller), limit, before ?? null];
    const rows = await this.database.query<DocumentRow>(statements.LIST_DOCUMENTS, values);
    return rows.map(documentFrom);
  }

  async remove(caller: Caller, id: string): Promise<Removal> {
    const values = [...reader(caller), id, caller.roles.includes('admin')];
    const [row] = await this.database.query<RemovalRow>(statements.REMOVE_DOCUMENT, values);
    if (row?.removed === true) return 'removed';
    return row?.known === true ? 'not_allowed' : 'absent';
  }
}

interface AddedRow extends DocumentRow {
  readonly scope_id: number;
  readonly term_count: string;
}

interface RemovalRow {
  readonly known: boolean;
  readonly removed: boolean;
}

function chunkValues(chunks: readonly Chunk[]): readonly unknown[] {
  return [
    chunks.map(() => newId()),
    chunks.map(({ content }) => content),
    chunks.map(({ offsets }) => offsets.start),
    chunks.map(({ offsets }) => offsets.end),
  ];
}

function documentValues(caller: Caller, document: NewDocument): readonly unknown[] {
  const { id, title, source, contentType, content, bytes, metadata } = document;
  return [id, caller.id, title, source ?? null, contentType, content, bytes, JSON.stringify(metadata)];
}

function documentFrom(row: DocumentRow): RagDocument {
  return {
    id: row.id,
    title: row.title,
    source: row.source,
    contentType: row.content_type,
    securityLevel: CLEARANCES[row.level]!,
    visibility: row.shared ? 'org' : 'private',
    status: row.status,
    chunkCount: row.chunk_count,
    bytes: row.bytes,
    metadata: row.metadata,
    error: row.error,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
