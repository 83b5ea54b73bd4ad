import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  CLEARANCES,
  clearanceLevel,
  newId,
  type Caller,
  type Clearance,
} from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { chunk } from '../core/chunk.js';
import {
  CONTENT_TYPES,
  contentTypeFrom,
  type ContentType,
  type Metadata,
  type RagDocument,
  type Visibility,
} from '../core/document.js';
import { DOCUMENT_STORE, type DocumentStore } from '../ports/document-store.js';

/** A document as somebody puts it in; `contentType` is any media type, plain text when absent. */
export interface DocumentInput {
  readonly title: string;
  readonly content: string;
  readonly contentType?: string | undefined;
  readonly securityLevel?: Clearance | undefined;
  readonly source?: string | undefined;
  readonly metadata?: Metadata | undefined;
  readonly visibility?: Visibility | undefined;
}

/** Puts a document in, cut into passages and ready to be searched. */
@Injectable()
export class AddDocument {
  constructor(
    @Inject(DOCUMENT_STORE) private readonly documents: DocumentStore,
    @Inject(CONFIG) private readonly config: Pick<Config, 'MAX_DOCUMENT_BYTES'>,
  ) {}

  /** Throws `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE`, or `FORBIDDEN` above the caller's clearance. */
  async add(caller: Caller, input: DocumentInput): Promise<RagDocument> {
    const contentType = supported(input.contentType ?? 'text/plain');
    const bytes = this.bounded(Buffer.byteLength(input.content));
    const securityLevel = permitted(caller, input.securityLevel);
    const document = {
      id: newId(),
      title: input.title,
      source: input.source,
      contentType,
      content: input.content,
      bytes,
      securityLevel,
      visibility: input.visibility ?? 'org',
      metadata: input.metadata ?? {},
    };
    return this.documents.add(caller, document, chunk(input.content, contentType));
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
