import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type pg from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { Concurrently } from '../../migrations/concurrently.js';
import { newId } from '../../src/kernel/index.js';

/** An index that could be left half built. */
export class UniqueWords1790000000990 extends Concurrently {
  readonly name = 'UniqueWords1790000000990';

  async up(runner: QueryRunner): Promise<void> {
    await this.createIndex(runner, { name: 'words_once', isUnique: true, on: 'ON words (word)' });
  }
}

/** What a process that migrates says on its standard error, and how it ended if that was not well. */
export async function migrateElsewhere(connectionString: string): Promise<string> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      resolve('test/setup/typescript-hooks.mjs'),
      resolve('test/support/migrate-process.ts'),
      connectionString,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0 ? said : `${said} ended with ${code}`;
}

/** A thread with a turn that ended, and one whose turn was running when its process was stopped. */
export async function rowsOfTheReleaseBefore(client: pg.Client): Promise<readonly string[]> {
  const threadIds = [newId(), newId()];
  for (const [index, threadId] of threadIds.entries()) {
    await client.query(
      `INSERT INTO threads (id, org_id, user_id, workflow, workflow_version) VALUES ($1, 'acme', 'ada', 'chat', 1)`,
      [threadId],
    );
    await client.query(
      `INSERT INTO turns (id, thread_id, status, request, user_message_id, assistant_message_id, first_seq, started_at)
       VALUES ($1, $2, $3, '{}', $4, $5, 1, now())`,
      [newId(), threadId, index === 0 ? 'completed' : 'running', newId(), newId()],
    );
    await client.query('INSERT INTO thread_heads (thread_id) VALUES ($1)', [threadId]);
  }
  return threadIds;
}

/** Works as migrations do. */
export async function onDataSource(
  connectionString: string,
  work: (runner: QueryRunner) => Promise<void>,
): Promise<void> {
  const dataSource = await new DataSource({
    type: 'postgres',
    url: connectionString,
    installExtensions: false,
  }).initialize();
  const runner = dataSource.createQueryRunner();
  try {
    await work(runner);
  } finally {
    await runner.release();
    await dataSource.destroy();
  }
}
