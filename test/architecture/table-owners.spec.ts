import { readFileSync } from 'node:fs';
import { filesIn, tablesIn, tablesOfMigrations, textsIn, textsOf, type SourceText } from './sql-texts.js';

/** A table has one owner: the only room that may name it in SQL. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  log: ['thread_heads', 'turn_events'],
  thread: [
    'threads',
    'thread_branches',
    'messages',
    'search_blocks',
    'search_pending',
    'result_parts',
    'result_part_pieces',
  ],
  turn: ['turns', 'idempotency_keys', 'inputs'],
  usage: ['llm_attempts', 'llm_attempts_under_way'],
  llm: ['llm_settings', 'llm_selected_providers'],
  rag: [
    ...['rag_scopes', 'rag_documents', 'rag_chunks', 'rag_terms'],
    ...['rag_ingestions', 'rag_served', 'rag_removals', 'rag_usage'],
  ],
  tool: ['tool_approvals', 'mcp_servers', 'mcp_credentials', 'mcp_grants', 'mcp_logins'],
  webhook: ['webhook_deliveries'],
  profile: ['profiles', 'memories'],
  workflow: [
    ...[
      'workflow_definitions',
      'workflow_runs',
      'workflow_run_steps',
      'workflow_step_results',
      'run_journal',
    ],
  ],
  'platform/auth': ['stream_tickets', 'stream_holders'],
  'platform/database': ['processes', 'schema_compatibility', 'schema_migrations'],
};

/** TypeORM makes it for itself. */
const MADE_BY_NO_MIGRATION = ['schema_migrations'];

/** The fragments of SQL that owners export: see {@link COMPOSED}. */
const FRAGMENTS = /^src\/\w+\/adapters\/\w+-sql\.ts$/;

/**
 * Where a statement changes tables of several rooms, and by which of their owners' fragments: a turn is accepted or put into
 * line, overtakes others there, leaves it, follows another, begins, is handed over and ends; its events are compacted; a thread is made and removed.
 */
const COMPOSED: Readonly<Record<string, readonly string[]>> = {
  'src/log/adapters/retention-statements.ts': ['compacted'],
  'src/thread/adapters/thread-statements.ts': ['openLog', 'removeEvents'],
  'src/turn/adapters/finish-statements.ts': [
    'makeRoom',
    'recordAttempt',
    'storeAnswer',
    'writeDeliveries',
    'writeEvents',
  ],
  'src/turn/adapters/input-statements.ts': ['advanceWaiting', 'writeWaitingEvent'],
  'src/turn/adapters/lease-statements.ts': ['moveEpoch'],
  'src/turn/adapters/overtake-statements.ts': [
    ...['keepHead', 'placeShiftedMessages', 'shiftBranches', 'shiftMessages'],
  ],
  'src/turn/adapters/progress-statements.ts': [
    ...['countFurtherMessage', 'makeRoom', 'storeAnswer', 'storeFurtherMessage', 'writeDeliveries'],
    'writeEvents',
  ],
  'src/turn/adapters/stopped-queue-statements.ts': [
    ...['advanceWaiting', 'storeAnswer', 'writeFirstEvent', 'writeWaitingEvent'],
  ],
  'src/turn/adapters/told-statements.ts': ['writeDeliveries'],
  'src/turn/adapters/thread-queue-statements.ts': [
    ...['beginTurn', 'receiveMessage', 'storeMessages', 'writeFirstEvent'],
  ],
  'src/turn/adapters/turn-statements.ts': [
    ...['beginTurn', 'openRun', 'receiveMessage', 'setHead', 'storeMessages', 'writeFirstEvent'],
  ],
};

const tables = Object.values(OWNERS).flat();
const sources = filesIn('src', /\.(ts|sql)$/);

function roomOf(file: string): string {
  const [, room = '', folder] = file.split('/');
  return room === 'platform' ? `platform/${folder}` : room;
}

/** Where a room names tables that it does not own. */
function foreignTables(texts: readonly SourceText[]): readonly string[] {
  return texts.flatMap(({ file, line, text }) => {
    const foreign = tables.filter((table) => !OWNERS[roomOf(file)]?.includes(table));
    return tablesIn(text, foreign).map((table) => `${file}:${line} names ${table}`);
  });
}

/** The fragments that change a table. */
function changingFragments(): ReadonlySet<string> {
  const names = new Set<string>();
  for (const file of sources.filter((source) => FRAGMENTS.test(source))) {
    for (const [, name, body] of readFileSync(file, 'utf8').matchAll(/^export function (\w+)([\s\S]*?)^}/gm))
      if (/\b(INSERT INTO|DELETE FROM|UPDATE \w+( \w+)? SET)\b/.test(body!)) names.add(name!);
  }
  return names;
}

/** Of the fragments those that each file makes use of. */
function usesOf(fragments: ReadonlySet<string>): Readonly<Record<string, readonly string[]>> {
  const uses: Record<string, readonly string[]> = {};
  for (const file of sources) {
    const called = [...readFileSync(file, 'utf8').matchAll(/\b\w+\.(\w+)\(/g)].map(([, name]) => name!);
    const used = [...new Set(called.filter((name) => fragments.has(name)))].sort();
    if (used.length > 0) uses[file] = used;
  }
  return uses;
}

describe('tables', () => {
  it('have an owner each, and owners have no others than migrations make', () => {
    expect([...tablesOfMigrations(), ...MADE_BY_NO_MIGRATION].sort()).toEqual([...tables].sort());
  });

  it('are named in SQL by their owners alone', () => {
    expect(foreignTables(sources.flatMap((file) => textsOf(file, tables)))).toEqual([]);
  });

  it('of several rooms are changed together in these statements alone, by fragments that their owners export', () => {
    expect(usesOf(changingFragments())).toEqual(COMPOSED);
  });
});

describe('a table that is named by another room', () => {
  const foreign = (source: string) => foreignTables(textsIn('src/chat/app/some.ts', source));

  it.each([
    ['is read', '`SELECT id FROM threads WHERE id = $1`', 'threads'],
    ['is joined', '`${columns} FROM (${own}) u JOIN messages m ON m.id = u.id`', 'messages'],
    ['is one of a list', "'SELECT 1 FROM unnest($1) a, turns, other'", 'turns'],
    [
      'is one of a list with an alias',
      "'SELECT m.id FROM unnest($1) a, messages m WHERE m.id = a.id'",
      'messages',
    ],
    ['is written', '`UPDATE\n  threads t SET title = $1`', 'threads'],
    ['is asked for a column', '`${select} WHERE turns.id = $1`', 'turns'],
    ['is quoted and has its schema', `'DELETE FROM public."messages"'`, 'messages'],
    ['is in small letters', "'select * from threads'", 'threads'],
    ['is named by its name', "`SELECT to_regclass('turn_events')`", 'turn_events'],
    ['stands alone', "const table = 'rag_documents'", 'rag_documents'],
  ])('is found when it %s', (_, source, table) => {
    expect(foreign(source)).toEqual([`src/chat/app/some.ts:1 names ${table}`]);
  });

  it.each([
    ['a word of a sentence', "'Messages from threads, turns and processes.'"],
    ['a word of a comment', '`SELECT 1 -- from threads, says messages.\n FROM x`'],
    ['another thing of that name', "ApiTags('threads'), `chat/threads/${id}`"],
    ['a column of a list', "'SELECT t.threads, messages + 1 AS messages FROM sums t'"],
    ['part of a longer name', '`SELECT 1 FROM threads_of_mine, my_turn_events`'],
  ])('is not %s', (_, source) => {
    expect(foreign(source)).toEqual([]);
  });
});
