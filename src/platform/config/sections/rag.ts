import { bound, flag, whole } from '../value-types.js';

/** Limits of documents. */
export const ragVariables = {
  MAX_DOCUMENT_BYTES: whole(1_024, 104_857_600)
    .default(5_242_880)
    .describe('bytes of a document put in for retrieval'),
  MAX_DOCUMENTS_PER_USER: bound(0).prefault('10000').describe('documents of one user, or off'),
  MAX_DOCUMENTS_PER_ORG: bound(0).prefault('100000').describe('documents of one org, or off'),
  MAX_DOCUMENT_BYTES_PER_USER: bound(0)
    .prefault('1000000000')
    .describe('bytes of all documents of one user, or off'),
  MAX_DOCUMENT_BYTES_PER_ORG: bound(0)
    .prefault('10000000000')
    .describe('bytes of all documents of one org, or off'),
  MAX_QUEUED_DOCUMENTS: bound(1)
    .prefault('1000')
    .describe(
      'documents that may wait to be taken in, in all processes together; a quarter of them of one user',
    ),
  MAX_QUEUED_DOCUMENT_BYTES: bound(1)
    .prefault('1000000000')
    .describe('bytes of the documents that may wait to be taken in; a quarter of them of one user'),
  MASK_ANSWERS_OF_DELETED_DOCUMENTS: flag
    .prefault('false')
    .describe('answers that were drawn from a document are withheld once it is deleted; else they stay'),
} as const;
