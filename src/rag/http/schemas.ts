import { z } from 'zod';
import { CLEARANCES } from '../../kernel/index.js';
import { jsonObject } from '../../platform/http/index.js';
import { SEARCH_MODES } from '../app/search-documents.js';
import { CONTENT_TYPES, DOCUMENT_STATUSES, VISIBILITIES } from '../core/document.js';
import { isStorable, METADATA_BYTES, metadataProblem } from '../core/storable.js';

const storable = (text: z.ZodString) =>
  text.refine(isStorable, { error: 'has U+0000 or half of a surrogate pair; remove it' });
const filled = z.string().regex(/\S/, { error: 'is empty' });

/** A document as JSON. The use case bounds the bytes of `content`, because the limit is configurable. */
export const documentBody = z.strictObject({
  title: storable(filled.max(300)),
  content: storable(filled),
  contentType: z
    .string()
    .max(200)
    .default('text/plain')
    .describe(
      `${CONTENT_TYPES.join(' or ')}; text/plain when absent. Anything else is UNSUPPORTED_MEDIA_TYPE.`,
    ),
  securityLevel: z
    .enum(CLEARANCES)
    .optional()
    .describe(
      'Who may read it, up to your own clearance; internal when absent, or your clearance if that is less.',
    ),
  source: storable(z.string().max(1_000))
    .optional()
    .describe('Where it comes from: an address, a path, a name.'),
  metadata: jsonObject
    .superRefine((metadata, context) => {
      const problem = metadataProblem(metadata);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    })
    .optional()
    .describe(`Any JSON object of at most ${METADATA_BYTES} bytes.`),
  visibility: z.enum(VISIBILITIES).default('org').describe('Shared with the org, or private to you.'),
});

/** A search request. */
export const searchBody = z.strictObject({
  query: filled
    .max(10_000)
    .describe(
      'The first 2,000 characters, 64 distinct words and, of scripts without blanks, 64 pairs of letters count.',
    ),
  limit: z.int().min(1).max(100).default(10),
  mode: z
    .enum(SEARCH_MODES)
    .default('hybrid')
    .describe(
      'hybrid is answered like lexical until this server has vectors; semantic is refused until then.',
    ),
  filter: z
    .strictObject({
      documentIds: z.array(z.guid()).max(100).optional(),
      source: storable(z.string().max(1_000)).optional().describe('Exactly this source.'),
      securityLevel: z.enum(CLEARANCES).optional().describe('Exactly this level.'),
    })
    .optional(),
});
export type SearchBody = z.output<typeof searchBody>;

const id = z.string().meta({ format: 'uuid' });
const time = z.string().meta({ format: 'date-time' });
const count = z.int().min(0);

const document = z
  .object({
    id,
    title: z.string(),
    source: z.string().nullable(),
    contentType: z.enum(CONTENT_TYPES),
    securityLevel: z.enum(CLEARANCES),
    visibility: z.enum(VISIBILITIES),
    status: z.enum(DOCUMENT_STATUSES),
    chunkCount: count.describe('0 until it is ready.'),
    bytes: count.describe('Of the content in UTF-8.'),
    metadata: z.record(z.string(), z.unknown()),
    error: z.record(z.string(), z.unknown()).nullable().describe('Why it failed, as an error body.'),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Document' });

export const documentResponse = z.object({ document });
export const documentsResponse = z.object({
  documents: z.array(document),
  nextCursor: z.string().nullable(),
});

export const searchResponse = z.object({
  results: z.array(
    z
      .object({
        chunkId: id,
        documentId: id,
        title: z.string(),
        content: z.string(),
        score: z.number().describe('Higher is better; comparable within one answer only.'),
        page: count.optional().describe('For documents that have pages.'),
        offsets: z
          .object({ start: count, end: count })
          .describe('Where the passage stands in the document, in UTF-16 code units; end is exclusive.'),
      })
      .meta({ id: 'SearchResult' }),
  ),
});
