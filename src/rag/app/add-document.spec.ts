import { CLEARANCES, type Caller, type Clearance } from '../../kernel/index.js';
import type { RagDocument } from '../core/document.js';
import type { DocumentStore, NewDocument } from '../ports/document-store.js';
import { AddDocument, type DocumentInput } from './add-document.js';

const caller = (clearance: Clearance): Caller => ({
  id: 'ada',
  org: 'acme',
  roles: ['user'],
  clearance,
  name: undefined,
  email: undefined,
});

/** Remembers what it was given. */
function rememberingStore() {
  const added: NewDocument[] = [];
  const store: DocumentStore = {
    add: (_caller, document, chunks) => {
      added.push(document);
      return Promise.resolve({ id: document.id, chunkCount: chunks.length } as RagDocument);
    },
    find: () => Promise.resolve(undefined),
    readableAmong: () => Promise.resolve(new Set<string>()),
    list: () => Promise.resolve([]),
    remove: () => Promise.resolve('absent'),
  };
  return { added, store };
}

function setUp(maxBytes = 1_000) {
  const { added, store } = rememberingStore();
  const useCase = new AddDocument(store, { MAX_DOCUMENT_BYTES: maxBytes });
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
    const { added, add } = setUp(10);
    await add('internal', { content: 'éééé' });
    expect(added[0]).toMatchObject({ bytes: 8 });
    await expect(add('internal', { content: 'éééééé' })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      details: { limit: 10, bytes: 12 },
    });
  });

  it('refuses a type it cannot read', async () => {
    const { add } = setUp();
    await expect(add('internal', { contentType: 'application/pdf' })).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
  });
});
