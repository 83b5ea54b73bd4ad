import pg from 'pg';
import { CLEARANCES, clearanceLevel, newId, type Caller, type Clearance } from '../../src/kernel/index.js';
import { RetrievePassages } from '../../src/rag/app/retrieve-passages.js';
import { VISIBILITIES, type Visibility } from '../../src/rag/core/document.js';
import { testDatabase } from '../setup/test-database.js';
import { ragOn } from '../support/rag.js';
import { sized } from '../support/size.js';

/** What the model knows of a document. */
interface Known {
  readonly id: string;
  readonly org: string;
  readonly owner: string;
  readonly level: Clearance;
  readonly visibility: Visibility;
  readonly word: string;
}

const WORDS = ['alpha', 'bravo', 'charlie', 'delta', 'echo'];
const DOCUMENTS = 60;

let pool: pg.Pool;
let rag: ReturnType<typeof ragOn>;
let store: typeof rag.store;
let search: typeof rag.search;

beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
  ({ store, search } = rag = ragOn(pool));
});

afterAll(() => pool.end());

describe('what a caller may read', () => {
  it.each(sized([1, 2], [1, 2, 3, 4]))(
    'is in every read what the rule says, whatever was put in and deleted (run %i)',
    async (run) => {
      const random = randomFrom(run);
      const callers = everyone();
      const known: Known[] = [];
      for (let count = 0; count < DOCUMENTS; count += 1) known.push(await addRandom(random, callers));
      await expectModel(callers, known);
      for (let count = 0; count < DOCUMENTS / 2; count += 1) await deleteRandom(random, callers, known);
      await expectModel(callers, known);
      await rag.tidy();
      await expectExactStatistics(callers);
    },
  );

  it('never reaches from a restricted document to a caller cleared for less', async () => {
    const org = newId();
    const owner = callerOf(org, 'owner', 'restricted', ['user', 'admin']);
    const id = await add(owner, 'restricted', 'org', 'The reactor code is swordfish.');
    const retriever = new RetrievePassages(search);
    expect(await retriever.retrieve(owner, 'reactor code', 5)).toHaveLength(1);
    for (const clearance of ['public', 'internal', 'confidential'] as const) {
      // Not even their own document, nor as an admin: the level is the outer rule.
      for (const reader of [
        callerOf(org, 'other', clearance),
        callerOf(org, 'owner', clearance, ['admin']),
      ]) {
        expect(await retriever.retrieve(reader, 'reactor code swordfish', 5)).toEqual([]);
        expect(await search.search(reader, 'swordfish', 5, { documentIds: [id] })).toEqual([]);
        expect(await search.search(reader, 'swordfish', 5, { securityLevel: 'restricted' })).toEqual([]);
        expect(await store.find(reader, id)).toBeUndefined();
        expect(await store.list(reader, 50, undefined)).toEqual([]);
        expect(await store.remove(reader, id)).toBe('absent');
      }
    }
    expect(await store.find(owner, id)).toBeDefined();
  });

  it('does not move the scores by documents the caller may not read', async () => {
    const org = newId();
    const reader = callerOf(org, 'reader', 'internal');
    const above = callerOf(org, 'above', 'restricted');
    await add(reader, 'internal', 'org', 'Pumps and valves.');
    await add(reader, 'public', 'org', 'Valves, in a longer text about other things altogether.');
    const before = await search.search(reader, 'pump valve', 10);
    expect(before).toHaveLength(2);
    for (let count = 0; count < 5; count += 1) {
      await add(above, 'restricted', 'org', 'Valves valves valves.');
      await add(above, 'internal', 'private', 'Pumps.');
      await add(callerOf(newId(), 'reader', 'internal'), 'internal', 'org', 'Pumps and valves.');
    }
    expect(await search.search(reader, 'pump valve', 10)).toEqual(before);
  });
});

async function expectModel(callers: readonly Caller[], known: readonly Known[]): Promise<void> {
  for (const caller of callers) {
    const readable = known.filter((document) => mayRead(caller, document));
    expect(await listAll(caller)).toEqual(readable.map(({ id }) => id).reverse());
    for (const word of WORDS) {
      const hits = await search.search(caller, word, 100);
      expect(sorted(hits.map(({ documentId }) => documentId))).toEqual(withWord(readable, word));
    }
    const narrowed = await search.search(caller, 'common', 100, { documentIds: known.map(({ id }) => id) });
    expect(sorted(narrowed.map(({ documentId }) => documentId))).toEqual(
      sorted(readable.map(({ id }) => id)),
    );
    for (const document of known) {
      const found = await store.find(caller, document.id);
      expect(found?.id).toBe(mayRead(caller, document) ? document.id : undefined);
    }
  }
}

/** The sums kept with each scope are what counting the rows gives. */
async function expectExactStatistics(callers: readonly Caller[]): Promise<void> {
  const { rows } = await pool.query(
    `SELECT s.chunk_count AS kept_chunks, s.term_count AS kept_terms, count(DISTINCT t.chunk_id) AS chunks,
       COALESCE(sum(t.frequency), 0) AS terms
     FROM rag_scopes s LEFT JOIN rag_terms t ON t.scope_id = s.id
     WHERE s.org_id = ANY ($1) GROUP BY s.id`,
    [callers.map(({ org }) => org)],
  );
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows as Record<string, string>[]) {
    expect([row['kept_chunks'], row['kept_terms']]).toEqual([row['chunks'], row['terms']]);
  }
}

/** The rule once more, in other words than the statements'. */
function mayRead(caller: Caller, document: Known): boolean {
  if (caller.org !== document.org) return false;
  if (clearanceLevel(caller.clearance) < clearanceLevel(document.level)) return false;
  return document.visibility === 'org' || document.owner === caller.id;
}

/** Two orgs with the same three user ids in both, each at every clearance; `root` is an admin. */
function everyone(): Caller[] {
  return [newId(), newId()].flatMap((org) =>
    ['ada', 'bob', 'root'].flatMap((id) =>
      CLEARANCES.map((clearance) =>
        callerOf(org, id, clearance, id === 'root' ? ['user', 'admin'] : ['user']),
      ),
    ),
  );
}

function callerOf(org: string, id: string, clearance: Clearance, roles: Caller['roles'] = ['user']): Caller {
  return { id, org, roles, clearance, name: undefined, email: undefined };
}

async function add(
  caller: Caller,
  level: Clearance,
  visibility: Visibility,
  content: string,
): Promise<string> {
  const { id } = await rag.add(caller, content, {
    title: 'A common title',
    securityLevel: level,
    visibility,
  });
  return id;
}

async function addRandom(random: Random, callers: readonly Caller[]): Promise<Known> {
  const caller = random.of(callers);
  const level = random.of(CLEARANCES.slice(0, clearanceLevel(caller.clearance) + 1));
  const visibility = random.of(VISIBILITIES);
  const word = random.of(WORDS);
  const id = await add(caller, level, visibility, `${word} ${'filler '.repeat(random.below(20))}`);
  return { id, org: caller.org, owner: caller.id, level, visibility, word };
}

async function deleteRandom(random: Random, callers: readonly Caller[], known: Known[]): Promise<void> {
  const caller = random.of(callers);
  const document = random.of(known);
  const allowed = document.owner === caller.id || caller.roles.includes('admin');
  const expected = !mayRead(caller, document) ? 'absent' : allowed ? 'removed' : 'not_allowed';
  expect(await store.remove(caller, document.id)).toBe(expected);
  if (expected === 'removed') known.splice(known.indexOf(document), 1);
}

async function listAll(caller: Caller): Promise<string[]> {
  const ids: string[] = [];
  for (
    let page = await store.list(caller, 7, undefined);
    page.length > 0;
    page = await store.list(caller, 7, ids.at(-1))
  ) {
    ids.push(...page.map(({ id }) => id));
  }
  return ids;
}

function withWord(documents: readonly Known[], word: string): string[] {
  return sorted(documents.filter((document) => document.word === word).map(({ id }) => id));
}

function sorted(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort();
}

interface Random {
  below(bound: number): number;
  of<Item>(items: readonly Item[]): Item;
}

/** The same choices for the same run. */
function randomFrom(run: number): Random {
  let state = run * 2_654_435_761;
  const below = (bound: number) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) >>> 0;
    return (state >>> 8) % bound;
  };
  return { below, of: (items) => items[below(items.length)]! };
}
