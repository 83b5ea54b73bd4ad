import type { Clearance, ErrorBody } from '../../kernel/index.js';

/** The accepted formats of documents. */
export const CONTENT_TYPES = ['text/plain', 'text/markdown'] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];

/** Whether a document may be read by everybody in the org with the clearance, or by its owner only. */
export const VISIBILITIES = ['org', 'private'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

export const DOCUMENT_STATUSES = ['queued', 'processing', 'ready', 'failed'] as const;
export type DocumentStatus = (typeof DOCUMENT_STATUSES)[number];

export type Metadata = Readonly<Record<string, unknown>>;

/** A document in the form of the API. Times are ISO 8601 UTC with milliseconds, `bytes` counts UTF-8. */
export interface RagDocument {
  readonly id: string;
  readonly title: string;
  readonly source: string | null;
  readonly contentType: ContentType;
  readonly securityLevel: Clearance;
  readonly visibility: Visibility;
  readonly status: DocumentStatus;
  readonly chunkCount: number;
  readonly bytes: number;
  readonly metadata: Metadata;
  readonly error: ErrorBody | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The format of a media type, in any case; `undefined` for one that is not supported or not UTF-8. */
export function contentTypeFrom(mediaType: string): ContentType | undefined {
  const [type, ...parameters] = mediaType.toLowerCase().split(';');
  const charset = parameters.map((part) => part.trim()).find((part) => part.startsWith('charset='));
  if (charset !== undefined && !UTF8_CHARSETS.has(charset.slice('charset='.length).replaceAll('"', ''))) {
    return undefined;
  }
  return ALIASES.get(type!.trim());
}

const UTF8_CHARSETS = new Set(['utf-8', 'utf8', 'us-ascii']);

const ALIASES: ReadonlyMap<string, ContentType> = new Map([
  ['text/plain', 'text/plain'],
  ['text/markdown', 'text/markdown'],
  ['text/x-markdown', 'text/markdown'],
]);
