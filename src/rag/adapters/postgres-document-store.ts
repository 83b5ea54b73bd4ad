import { Inject, Injectable } from '@nestjs/common';
import { CLEARANCES, clearanceLevel, type Caller, type ErrorBody } from '../../kernel/index.js';
import { Database, INGESTION_DATABASE } from '../../platform/database/index.js';
import type { ContentType, DocumentStatus, Metadata, RagDocument } from '../core/document.js';
import type { DocumentCounts } from '../core/document-quota.js';
import { INDEX_VERSION } from '../core/search-text.js';
import type { DocumentStore, DocumentText, NewDocument, DocumentRemoval } from '../ports/document-store.js';
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

/** Documents in Postgres; every statement applies the one rule about what a caller may read. */
@Injectable()
export class PostgresDocumentStore implements DocumentStore {
  /** Contents are written over separate connections, so that uploads do not delay reads. */
  constructor(
    private readonly database: Database,
    @Inject(INGESTION_DATABASE) private readonly ingestion: Database,
  ) {}

  async count(caller: Caller): Promise<DocumentCounts> {
    return countsFrom(
      await this.database.query<CountsRow>(statements.COUNT_DOCUMENTS, [caller.org, caller.id]),
    );
  }

  async add(
    caller: Caller,
    document: NewDocument,
    admit: (counts: DocumentCounts) => void,
  ): Promise<RagDocument> {
    const privateTo = document.visibility === 'private' ? caller.id : null;
    const scope = [caller.org, clearanceLevel(document.securityLevel), privateTo];
    return this.ingestion.transaction(async (queryable) => {
      await queryable.query(statements.ENSURE_SCOPE, scope);
      const values = [...scope, ...documentValues(caller, document)];
      const [row] = await queryable.query<DocumentRow>(statements.ADD_DOCUMENT, values);
      if (row === undefined) throw new Error('the scope of a new document is gone');
      admit(
        countsFrom(await queryable.query<CountsRow>(statements.COUNT_DOCUMENTS, [caller.org, caller.id])),
      );
      return documentFrom(row);
    });
  }

  async find(caller: Caller, id: string): Promise<RagDocument | undefined> {
    const [row] = await this.database.query<DocumentRow>(statements.FIND_DOCUMENT, [...reader(caller), id]);
    return row && documentFrom(row);
  }

  async text(caller: Caller, id: string, maxChars: number): Promise<DocumentText | undefined> {
    const values = [...reader(caller), id, maxChars];
    const [row] = await this.database.query<TextRow>(statements.READ_DOCUMENT_TEXT, values);
    return row && { title: row.title, contentType: row.content_type, content: row.content };
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

  async remove(caller: Caller, id: string): Promise<DocumentRemoval> {
    const values = [...reader(caller), id, caller.roles.includes('admin')];
    const [row] = await this.database.query<RemovalRow>(statements.REMOVE_DOCUMENT, values);
    if (row?.removed === true) return 'removed';
    return row?.known === true ? 'not_allowed' : 'absent';
  }
}

type TextRow = Pick<DocumentRow, 'title' | 'content_type'> & { readonly content: string };

interface CountsRow {
  readonly org_documents: number | null;
  readonly org_bytes: number | null;
  readonly user_documents: number | null;
  readonly user_bytes: number | null;
  readonly queued: number;
  readonly queued_bytes: number;
  readonly user_queued: number;
  readonly user_queued_bytes: number;
}

interface RemovalRow {
  readonly known: boolean;
  readonly removed: boolean;
}

function documentValues(caller: Caller, document: NewDocument): readonly unknown[] {
  const { id, title, source, contentType, content, bytes, metadata } = document;
  const given = [id, caller.id, title, source ?? null, contentType, content, bytes, JSON.stringify(metadata)];
  return [...given, INDEX_VERSION];
}

function countsFrom([row]: readonly CountsRow[]): DocumentCounts {
  if (row === undefined) throw new Error('a query of sums has no answer');
  return {
    org: { documents: row.org_documents ?? 0, bytes: row.org_bytes ?? 0 },
    user: { documents: row.user_documents ?? 0, bytes: row.user_bytes ?? 0 },
    queue: { documents: row.queued, bytes: row.queued_bytes },
    userQueue: { documents: row.user_queued, bytes: row.user_queued_bytes },
  };
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
