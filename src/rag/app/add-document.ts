import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  CLEARANCES,
  clearanceLevel,
  ConcurrencyLimit,
  newId,
  userKey,
  type Caller,
  type Clearance,
} from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import {
  CONTENT_TYPES,
  contentTypeFrom,
  type ContentType,
  type Metadata,
  type RagDocument,
  type Visibility,
} from '../core/document.js';
import { checkQuota, withOneMore, type DocumentCounts, type DocumentQuota } from '../core/document-quota.js';
import { DOCUMENT_STORE, type DocumentStore, type NewDocument } from '../ports/document-store.js';
import { IngestionWaiters } from './ingestion-waiters.js';
import { IngestDocuments } from './ingest-documents.js';

/** Contents that this process writes at a time, and the most that wait, per user and in total. */
const WRITING = { slots: 2, slotsPerOwner: 1, maxWaitingPerOwner: 20, maxWaiting: 60 } as const;
/** A document of at most this size is usually ingested within the time that its response waits for it. */
const SHORT_BYTES = 262_144;
const SHORT_MS = 1_000;

type Limits = Pick<
  Config,
  | 'MAX_DOCUMENT_BYTES'
  | 'MAX_DOCUMENTS_PER_USER'
  | 'MAX_DOCUMENTS_PER_ORG'
  | 'MAX_DOCUMENT_BYTES_PER_USER'
  | 'MAX_DOCUMENT_BYTES_PER_ORG'
  | 'MAX_QUEUED_DOCUMENTS'
  | 'MAX_QUEUED_DOCUMENT_BYTES'
>;

/** A document as it is uploaded; `contentType` is any media type, plain text when absent. */
export interface DocumentInput {
  readonly title: string;
  readonly content: string;
  readonly contentType?: string | undefined;
  readonly securityLevel?: Clearance | undefined;
  readonly source?: string | undefined;
  readonly metadata?: Metadata | undefined;
  readonly visibility?: Visibility | undefined;
}

/** Stores a document, to be ingested in the background. */
@Injectable()
export class AddDocument {
  private readonly writing = new ConcurrencyLimit({ ...WRITING, refusal: tooManyAtOnce });
  private readonly limits: DocumentQuota;

  constructor(
    @Inject(DOCUMENT_STORE) private readonly documents: DocumentStore,
    @Inject(CONFIG) private readonly config: Limits,
    private readonly ended: IngestionWaiters,
    private readonly ingest: IngestDocuments,
  ) {
    this.limits = limitsOf(config);
  }

  /**
   * Resolves when the document is stored; a short one is waited for a moment, and is usually `ready` then. Throws
   * `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE`, `FORBIDDEN` above the caller's clearance, `STATE_CONFLICT` if a
   * quota is used up, and `PROVIDER_UNAVAILABLE` if too many documents are queued.
   */
  async add(caller: Caller, input: DocumentInput): Promise<RagDocument> {
    const contentType = supported(input.contentType ?? 'text/plain');
    const bytes = this.bounded(Buffer.byteLength(input.content));
    const securityLevel = permitted(caller, input.securityLevel);
    return this.keep(caller, {
      id: newId(),
      title: input.title,
      source: input.source,
      contentType,
      content: input.content,
      bytes,
      securityLevel,
      visibility: input.visibility ?? 'org',
      metadata: input.metadata ?? {},
    });
  }

  private async keep(caller: Caller, document: NewDocument): Promise<RagDocument> {
    const admitted = (counts: DocumentCounts) => checkQuota(counts, this.limits);
    // Checked before anything is written, so that repeated refusals leave nothing behind in the database.
    admitted(withOneMore(await this.documents.count(caller), document.bytes));
    const ended = this.ended.expect(document.id);
    try {
      const added = await this.writing.run(userKey(caller), () =>
        this.documents.add(caller, document, admitted),
      );
      this.ingest.wake();
      if (document.bytes > SHORT_BYTES) return added;
      await ended.wait(SHORT_MS);
      return (await this.documents.find(caller, document.id)) ?? added;
    } finally {
      ended.forget();
    }
  }

  private bounded(bytes: number): number {
    const limit = this.config.MAX_DOCUMENT_BYTES;
    if (bytes <= limit) return bytes;
    throw new AppError(
      'PAYLOAD_TOO_LARGE',
      `A document may have ${limit} bytes; split this one into several.`,
      {
        details: { limit, bytes },
      },
    );
  }
}

function supported(mediaType: string): ContentType {
  const contentType = contentTypeFrom(mediaType);
  if (contentType !== undefined) return contentType;
  throw new AppError(
    'UNSUPPORTED_MEDIA_TYPE',
    `A document is ${CONTENT_TYPES.join(' or ')} in UTF-8; convert it and put it in again.`,
    { details: { supported: CONTENT_TYPES } },
  );
}

function permitted(caller: Caller, asked: Clearance | undefined): Clearance {
  const own = clearanceLevel(caller.clearance);
  if (asked === undefined) return CLEARANCES[Math.min(own, clearanceLevel('internal'))]!;
  if (clearanceLevel(asked) <= own) return asked;
  throw new AppError(
    'FORBIDDEN',
    `Your clearance is ${caller.clearance}; put the document in at that level or below.`,
  );
}

function limitsOf(config: Limits): DocumentQuota {
  return {
    user: { documents: config.MAX_DOCUMENTS_PER_USER, bytes: config.MAX_DOCUMENT_BYTES_PER_USER },
    org: { documents: config.MAX_DOCUMENTS_PER_ORG, bytes: config.MAX_DOCUMENT_BYTES_PER_ORG },
    queue: { documents: config.MAX_QUEUED_DOCUMENTS, bytes: config.MAX_QUEUED_DOCUMENT_BYTES },
  };
}

function tooManyAtOnce(): AppError {
  return new AppError(
    'PROVIDER_UNAVAILABLE',
    'Too many documents are being put in at this moment; put this one in again in a moment.',
    { retryAfter: 1 },
  );
}
