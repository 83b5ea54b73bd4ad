import { CLEARANCES, type Caller, type Clearance } from '../../kernel/index.js';
import { loadConfig } from '../../platform/config/index.js';
import type { RagDocument } from '../core/document.js';
import type { DocumentCounts } from '../core/document-quota.js';
import type { DocumentStore, NewDocument } from '../ports/document-store.js';
import { AddDocument, type DocumentInput } from './add-document.js';
import { IngestionWaiters } from './ingestion-waiters.js';
import type { IngestDocuments } from './ingest-documents.js';

const caller = (clearance: Clearance): Caller => ({
  id: 'ada',
  org: 'acme',
  roles: ['user'],
  clearance,
  name: undefined,
  email: undefined,
});

/** Remembers what it was given. */
function rememberingStore(existing: readonly number[]) {
  const added: NewDocument[] = [];
  const store: DocumentStore = {
    count: () => Promise.resolve(countsOf(existing)),
    add: (_caller, document, admit) => {
      admit(countsOf([...existing, ...added.map(({ bytes }) => bytes), document.bytes]));
      added.push(document);
      return Promise.resolve({ id: document.id } as RagDocument);
    },
    find: () => Promise.resolve(undefined),
    text: () => Promise.resolve(undefined),
    readableAmong: () => Promise.resolve(new Set<string>()),
    list: () => Promise.resolve([]),
    remove: () => Promise.resolve('absent'),
  };
  return { added, store };
}

/** All of them of one user, and waiting. */
function countsOf(sizes: readonly number[]): DocumentCounts {
  const amount = { documents: sizes.length, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) };
  return { org: amount, user: amount, queue: amount, userQueue: amount };
}

function setUp(settings: Record<string, string> = {}, existing: readonly number[] = []) {
  const { added, store } = rememberingStore(existing);
  const ended = new IngestionWaiters();
  const ingest = { wake: () => ended.tell(undefined) } as IngestDocuments;
  const useCase = new AddDocument(store, loadConfig(settings), ended, ingest);
  const add = (clearance: Clearance, input: Partial<DocumentInput> = {}) =>
    useCase.add(caller(clearance), { title: 'A title', content: 'Some words.', ...input });
  return { added, add };
}

describe('AddDocument', () => {
  it.each([
    ['public', 'public'],
    ['internal', 'internal'],
    ['confidential', 'internal'],
    ['restricted', 'internal'],
  ] as const)('puts the document of a %s caller in as %s unless told otherwise', async (clearance, level) => {
    const { added, add } = setUp();
    await add(clearance);
    expect(added[0]).toMatchObject({
      securityLevel: level,
      visibility: 'org',
      contentType: 'text/plain',
      metadata: {},
    });
  });

  it('takes any level up to the caller’s own and refuses those above it', async () => {
    const { added, add } = setUp();
    for (const [own, clearance] of CLEARANCES.entries()) {
      for (const [asked, securityLevel] of CLEARANCES.entries()) {
        const attempt = add(clearance, { securityLevel });
        if (asked <= own) await attempt;
        else await expect(attempt).rejects.toMatchObject({ code: 'FORBIDDEN' });
      }
    }
    expect(added).toHaveLength(10);
  });

  it('counts the content’s bytes, not its characters', async () => {
    const { added, add } = setUp({ MAX_DOCUMENT_BYTES: '1024' });
    await add('internal', { content: 'é'.repeat(512) });
    expect(added[0]).toMatchObject({ bytes: 1_024 });
    await expect(add('internal', { content: 'é'.repeat(513) })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      details: { limit: 1_024, bytes: 1_026 },
    });
  });

  it('refuses a type it cannot read', async () => {
    const { add } = setUp();
    await expect(add('internal', { contentType: 'application/pdf' })).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
  });

  it.each([
    ['MAX_DOCUMENTS_PER_USER', 'user', 'documents'],
    ['MAX_DOCUMENTS_PER_ORG', 'org', 'documents'],
    ['MAX_DOCUMENT_BYTES_PER_USER', 'user', 'bytes'],
    ['MAX_DOCUMENT_BYTES_PER_ORG', 'org', 'bytes'],
  ])('takes as much as %s says, and says of more whose limit it is over', async (setting, of, unit) => {
    const limit = unit === 'documents' ? 3 : 33;
    const { added, add } = setUp({ [setting]: String(limit) }, [11, 11]);
    await add('internal');
    await expect(add('internal')).rejects.toMatchObject({
      code: 'STATE_CONFLICT',
      retryable: false,
      details: { limit, of, unit },
    });
    expect(added).toHaveLength(1);
  });

  it('takes any number where the limits are off', async () => {
    const { added, add } = setUp({ MAX_DOCUMENTS_PER_USER: 'off', MAX_DOCUMENTS_PER_ORG: 'off' }, [1, 1, 1]);
    await add('internal');
    expect(added).toHaveLength(1);
  });

  it.each([
    [{ MAX_QUEUED_DOCUMENTS: '4' }, { limit: 1, of: 'user' }],
    [{ MAX_QUEUED_DOCUMENTS: '1' }, { limit: 1, of: 'queue' }],
    [{ MAX_QUEUED_DOCUMENT_BYTES: '44' }, { limit: 11, of: 'user' }],
  ])('says, with %j, when to come again to a queue that is full', async (settings, details) => {
    const { add } = setUp(settings, [11]);
    await expect(add('internal')).rejects.toMatchObject({
      status: 503,
      code: 'PROVIDER_UNAVAILABLE',
      retryable: true,
      retryAfter: 5,
      details,
    });
  });

  it('takes one document of any size into an empty queue', async () => {
    const { added, add } = setUp({ MAX_QUEUED_DOCUMENT_BYTES: '5' });
    await add('internal');
    expect(added).toHaveLength(1);
  });
});
