import pg from 'pg';
import { expectedText, startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { freshDatabase } from '../setup/test-database.js';
import { startServerProcess } from '../support/server-process.js';
import { startOutcome } from '../support/start-outcome.js';
import type { Outcome } from './outcome.js';

const FUTURE = 1_999_999_999_999;

/** Starts this release on databases that a newer one has changed: one that says nothing, one that forbids it, one that allows it. */
export async function newerDatabase(): Promise<Outcome> {
  const standIn = await startOpenAiStandIn();
  const database = await freshDatabase();
  const client = new pg.Client({ connectionString: database.connectionString });
  const problems: string[] = [];
  const DATABASE_URL = database.connectionString;
  const refusal = async (when: string, sentence: RegExp) => {
    const { code, words } = await startOutcome({ DATABASE_URL });
    if (code !== 1 || !sentence.test(words) || words.includes('    at '))
      problems.push(`${when}: it ended with ${code}, saying ${words}`);
  };
  try {
    await client.connect();
    await client.query(
      `INSERT INTO schema_migrations (timestamp, name) VALUES (${FUTURE}, 'Renames${FUTURE}')`,
    );
    await client.query('ALTER TABLE threads RENAME COLUMN title TO headline');
    await refusal('a database of which nothing is said', /newer release .* nothing says that older releases/);
    await client.query(`UPDATE schema_compatibility SET schema = ${FUTURE}, compatible_from = ${FUTURE}`);
    await refusal(
      'a database that forbids it',
      /newer release .* can be used from the release with migration/,
    );
    await client.query('ALTER TABLE threads RENAME COLUMN headline TO title');
    await client.query('UPDATE schema_compatibility SET compatible_from = 1790000000007');
    const server = await startServerProcess({ DATABASE_URL, OPENAI_URL: standIn.url });
    try {
      const user = await server.user();
      const path = `/chat/threads/${await user.newThread()}/messages`;
      const { body } = await user.ask('POST', path, { content: 'Hi [[tokens=5]]' });
      if (body.response !== expectedText(5)) problems.push('a database that allows it: no answer');
    } finally {
      await server.end('SIGTERM');
    }
    const { rows } = await client.query<{ schema: string }>('SELECT schema FROM schema_compatibility');
    if (Number(rows[0]?.schema) !== FUTURE) problems.push('what the newer release has said is gone');
    return { figures: { starts: 3 }, problems };
  } finally {
    await client.end();
    await database.drop();
    await standIn.close();
  }
}
