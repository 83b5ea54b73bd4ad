import pg from 'pg';
import { SERVER_VARIABLE } from '../setup/test-server-variables.js';
import type { TestUser } from './test-user.js';

/** The address of the server that tests make their databases on. */
export const given = process.env[SERVER_VARIABLE] ?? '';

/** Runs these statements. */
export async function change(connectionString: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Everything a client does on a thread, so that whatever is read from the database is. */
export async function conversation(user: TestUser, tokens: number): Promise<string> {
  const threadId = await user.newThread();
  const path = `/chat/threads/${threadId}/messages`;
  const key = { 'idempotency-key': threadId };
  const posted = await user.ask('POST', path, { content: `Hi [[tokens=${tokens}]]` }, key);
  const again = await user.ask('POST', path, { content: `Hi [[tokens=${tokens}]]` }, key);
  expect(posted.status).toBe(201);
  expect(again.body).toEqual(posted.body);
  const { messages } = (await user.ask('GET', path)).body;
  expect(messages).toHaveLength(2);
  expect(messages[1].createdAt).toMatch(/^20\d\d-.*Z$/);
  return messages[1].content;
}
