import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { SCHEMA } from '../../migrations/index.js';
import { migrate } from '../../src/platform/database/index.js';
import { withDatabase } from '../setup/connection-string.js';
import { formerRows, formerTurn, NOT_IN_LINE } from '../support/former-rows.js';
import { spread } from './outcome.js';

/*
 * DATABASE_URL=… node_modules/.bin/node --import ./test/setup/typescript-hooks.mjs test/chaos/upgrade-backfill.ts [turns]
 *
 * How long each migration of this release takes on so many turns of the former one, and how long somebody who writes
 * waits meanwhile. In a database of its own, which is dropped afterwards.
 */

const NEWEST_OF_FORMER = 1_790_000_000_022;
const TURNS_OF_EACH_THREAD = 20;
const WRITERS = 4;

async function main(server: string, turns: number): Promise<void> {
  const name = `threadline_backfill_${randomBytes(4).toString('hex')}`;
  await on(server, (client) => client.query(`CREATE DATABASE "${name}"`));
  const connectionString = withDatabase(server, name);
  try {
    const names = SCHEMA.migrations.map((migration) => migration.name);
    const isOfFormer = (migration: string) => Number(migration.slice(-13)) <= NEWEST_OF_FORMER;
    const done = names.filter(isOfFormer);
    await migrate(connectionString, SCHEMA, done);
    await on(connectionString, (client) =>
      formerRows(client, Math.ceil(turns / TURNS_OF_EACH_THREAD), TURNS_OF_EACH_THREAD),
    );
    console.log(`| migration, ${turns} turns | takes | a turn is accepted in |\n| --- | --- | --- |`);
    for (const migration of names.filter((own) => !isOfFormer(own))) {
      done.push(migration);
      const write = writing(connectionString);
      const startedAt = performance.now();
      await migrate(connectionString, SCHEMA, done);
      const took = performance.now() - startedAt;
      console.log(`| ${migration.slice(0, -13)} | ${Math.round(took)} ms | ${spread(await write())} |`);
    }
    const [wrong] = await on(connectionString, async (client) => (await client.query(NOT_IN_LINE)).rows);
    console.log(`\nnot in line: ${wrong.turns} turns, ${wrong.threads} threads`);
    if (wrong.turns + wrong.threads > 0) process.exitCode = 1;
  } finally {
    await on(server, (client) => client.query(`DROP DATABASE "${name}" WITH (FORCE)`));
  }
}

/** Accepts turns, in threads that are there, until it is told to stop; how long each took. */
function writing(connectionString: string): () => Promise<number[]> {
  const took: number[] = [];
  let isOver = false;
  const writers = Array.from({ length: WRITERS }, () =>
    on(connectionString, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        'SELECT id FROM threads ORDER BY random() LIMIT 200',
      );
      for (let index = 0; !isOver; index += 1) {
        const startedAt = performance.now();
        await formerTurn(client, rows[index % rows.length]!.id);
        took.push(performance.now() - startedAt);
        await sleep(5);
      }
    }),
  );
  return async () => {
    isOver = true;
    await Promise.all(writers);
    return took;
  };
}

async function on<Result>(
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

const server = process.env['DATABASE_URL'];
if (server === undefined) throw new Error('DATABASE_URL names no server to make a database on.');
await main(server, Number(process.argv[2] ?? 100_000));
