import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Whatever a row may hold: what COPY escapes, many bytes a character, and a value that reads like the end of the rows. */
export const AWKWARD = [
  'tab\there',
  'line\nbreak\r\n',
  'back\\slash \\N',
  '\\.',
  '',
  '中文 😀 \u2028',
  'x'.repeat(300_000),
];

/** Works with a connection to the database. */
export async function withClient<Result>(
  connectionString: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** So many threads with a turn and awkward messages each, in one transaction a thread. */
export async function fill(client: pg.Client, threads: number): Promise<void> {
  await client.query(`INSERT INTO rag_scopes (org_id, level) VALUES ('acme', 1) ON CONFLICT DO NOTHING`);
  await client.query(
    `INSERT INTO llm_settings (key, value) VALUES ('a', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    [AWKWARD[2]],
  );
  await fillProfiles(client);
  for (let made = 0; made < threads; made += 1) {
    const threadId = crypto.randomUUID();
    const turnId = crypto.randomUUID();
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO threads (id, org_id, user_id, title, workflow, workflow_version, metadata)
       VALUES ($1, 'acme', 'alice', $2, 'chat', 1, $3)`,
      [threadId, AWKWARD[5], JSON.stringify({ nested: { 'a\tb': [1.5, null, '\n'] } })],
    );
    await client.query(
      `INSERT INTO turns (id, thread_id, status, request, user_message_id, assistant_message_id, first_seq)
       VALUES ($1, $2, 'completed', '{}', gen_random_uuid(), gen_random_uuid(), 9007199254740993)`,
      [turnId, threadId],
    );
    for (const [position, content] of AWKWARD.entries())
      await client.query(
        `INSERT INTO messages (id, thread_id, turn_id, position, role, content, status)
         VALUES (gen_random_uuid(), $1, $2, $3, 'user', $4, 'complete')`,
        [threadId, turnId, position, content],
      );
    await client.query(
      `INSERT INTO idempotency_keys (org_id, user_id, key, request_hash, turn_id) VALUES ('acme', 'alice', $1, $2, $3)`,
      [turnId, randomBytes(32), turnId],
    );
    await client.query(
      `INSERT INTO llm_attempts (id, org_id, user_id, turn_id, operation, provider, model, input_tokens, output_tokens,
         cached_tokens, reasoning_tokens, estimated, cost, duration_ms, retries, outcome, started_at)
       VALUES (gen_random_uuid(), 'acme', 'alice', $1, 'chat', 'p', 'm', 1, 2, 3, 4, true, 0.000000001, 5, 0, 'completed', now())`,
      [turnId],
    );
    await client.query('COMMIT');
  }
}

/** A sum over the rows of every table. */
export async function contentsOf(connectionString: string): Promise<Record<string, string>> {
  return withClient(connectionString, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
         AND relname NOT IN ('schema_migrations', 'processes')`,
    );
    const sums: Record<string, string> = {};
    for (const { name } of tables) {
      const { rows } = await client.query<{ sum: string }>(
        `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') AS sum FROM "${name}" t`,
      );
      sums[name] = rows[0]!.sum;
    }
    return sums;
  });
}

export async function keysOf(connectionString: string): Promise<unknown[]> {
  return withClient(connectionString, async (client) => {
    const { rows } = await client.query(
      `SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition, convalidated AS valid
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2`,
    );
    return rows;
  });
}

/** Where there are any: a former release has none. */
async function fillProfiles(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT to_regclass('profiles') IS NOT NULL AS found`,
  );
  if (rows[0]?.found !== true) return;
  await client.query(
    `INSERT INTO profiles (org_id, user_id, about, memory_count) VALUES ('acme', 'alice', $1, 1) ON CONFLICT DO NOTHING`,
    [AWKWARD[5]],
  );
  await client.query(
    `INSERT INTO memories (id, org_id, user_id, content) VALUES (gen_random_uuid(), 'acme', 'alice', $1)`,
    [AWKWARD[2]],
  );
}
