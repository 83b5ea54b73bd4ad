import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { Database } from '../../src/platform/database/index.js';
import { testDatabase } from '../setup/test-database.js';
import { startTestApp, type TestApp } from './http-test-app.js';

let pool: pg.Pool;
let edge: TestApp;
const ada = { sub: `ada-${newId()}`, org: `acme-${newId()}` };
const bob = { sub: `bob-${newId()}`, org: ada.org };
let threadId: string;

beforeAll(async () => {
  pool = new pg.Pool({ ...(await testDatabase()), max: 4 });
  edge = await startTestApp({ RATE_LIMIT: 'off' }, new Database(pool));
  threadId = await newThread(ada);
});

afterAll(async () => {
  await edge.app.close();
  await pool.end();
});

async function newThread(owner: { readonly sub: string; readonly org: string }): Promise<string> {
  const id = newId();
  await pool.query(
    `INSERT INTO threads (id, org_id, user_id, workflow, workflow_version) VALUES ($1, $2, $3, 'chat', 1)`,
    [id, owner.org, owner.sub],
  );
  return id;
}

async function ask(user: { readonly sub: string; readonly org: string }, body: unknown) {
  const response = await edge.fetch('/auth/stream-ticket', {
    method: 'POST',
    token: await edge.token(user),
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, string>,
  };
}

async function ticketOf(user = ada, thread = threadId): Promise<string> {
  const { status, body } = await ask(user, { threadId: thread });
  expect(status).toBe(201);
  return body['ticket']!;
}

const open = (ticket: string, thread = threadId) => edge.fetch(`/things/${thread}/stream?ticket=${ticket}`);

describe('stream tickets', () => {
  it('open the stream of their thread as the user who asked for them', async () => {
    const { headers, body } = await ask(ada, { threadId });
    expect(headers.get('cache-control')).toBe('no-store');
    const lifetime = Date.parse(body['expiresAt']!) - Date.now();
    expect(lifetime).toBeLessThanOrEqual(31_000);
    const response = await open(body['ticket']!);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id: threadId, caller: { id: ada.sub, org: ada.org } });
  });

  it('work once, even when used twice at the same time', async () => {
    const ticket = await ticketOf();
    const statuses = (await Promise.all([1, 2, 3, 4].map(() => open(ticket)))).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 401, 401, 401]);
  });

  it('do not work for another thread, not even of the same user, and are not used up by trying', async () => {
    const ticket = await ticketOf();
    expect((await open(ticket, await newThread(ada))).status).toBe(401);
    expect((await open(ticket)).status).toBe(200);
  });

  it('do not work after their time', async () => {
    const ticket = await ticketOf();
    await pool.query(`UPDATE stream_tickets SET expires_at = now() WHERE user_id = $1`, [ada.sub]);
    const response = await open(ticket);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('open it again for who says where it was, once it is closed, and for nobody else', async () => {
    const ticket = await ticketOf();
    const address = `/things/${threadId}/stream?ticket=${ticket}`;
    const back = (headers: Record<string, string>) => edge.fetch(address, { headers });
    // Before it was opened at all it is as any other.
    expect((await back({ 'last-event-id': '3' })).status).toBe(200);
    expect((await back({})).status).toBe(401);
    expect((await back({ 'last-event-id': '' })).status).toBe(401);
    const again = await back({ 'last-event-id': '7' });
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ caller: { id: ada.sub, org: ada.org } });
    expect((await edge.fetch(`${address}&after=7`)).status).toBe(200);
    expect((await back({ 'last-event-id': '7', 'user-agent': 'somebody else' })).status).toBe(401);
    const other = await newThread(ada);
    const elsewhere = `/things/${other}/stream?ticket=${ticket}`;
    expect((await edge.fetch(elsewhere, { headers: { 'last-event-id': '7' } })).status).toBe(401);
  });

  it('live no longer than the token they came from, and neither do the streams they open', async () => {
    const response = await edge.fetch('/auth/stream-ticket', {
      method: 'POST',
      token: await edge.token({ ...ada, ttlSeconds: 1 }),
      body: JSON.stringify({ threadId }),
      headers: { 'content-type': 'application/json' },
    });
    const { ticket } = (await response.json()) as { ticket: string };
    const { caller } = (await (await open(ticket)).json()) as { caller: { expiresAt: number } };
    expect(caller.expiresAt).toBeLessThan(Date.now() + 7_000);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const late = await edge.fetch(`/things/${threadId}/stream?ticket=${ticket}`, {
      headers: { 'last-event-id': '1' },
    });
    expect(late.status).toBe(401);
  });

  it('are not used up by HEAD', async () => {
    const ticket = await ticketOf();
    const head = () => edge.fetch(`/things/${threadId}/stream?ticket=${ticket}`, { method: 'HEAD' });
    expect([(await head()).status, (await head()).status]).toEqual([200, 200]);
    expect((await open(ticket)).status).toBe(200);
    expect(
      (await edge.fetch(`/things/${threadId}/stream?ticket=${'a'.repeat(43)}`, { method: 'HEAD' })).status,
    ).toBe(401);
  });

  it.each(['', 'short', 'a'.repeat(43), "' OR 1=1 --"])('are not guessed: %j', async (ticket) => {
    expect((await open(encodeURIComponent(ticket))).status).toBe(401);
  });

  it('are not taken where the route does not say so, nor beside a header', async () => {
    const ticket = await ticketOf();
    expect((await edge.fetch(`/things/${threadId}?ticket=${ticket}`)).status).toBe(401);
    const wrong = await edge.fetch(`/things/${threadId}/stream?ticket=${ticket}`, { token: 'wrong' });
    expect(wrong.status).toBe(401);
    expect((await open(ticket)).status).toBe(200);
  });

  it('are not issued for a thread of somebody else, of nobody, or of no such name', async () => {
    expect(await ask(bob, { threadId })).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await ask({ ...ada, org: 'other' }, { threadId })).toMatchObject({ status: 404 });
    expect(await ask(ada, { threadId: newId() })).toMatchObject({ status: 404 });
    expect(await ask(ada, { threadId: 'x' })).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED' },
    });
    expect(await ask(ada, {})).toMatchObject({ status: 400 });
  });

  it('are stored as hashes only, and swept once they have expired', async () => {
    const ticket = await ticketOf();
    const { rows } = await pool.query(`SELECT stream_tickets::text AS row FROM stream_tickets`);
    expect(JSON.stringify(rows)).not.toContain(ticket);
    await pool.query(`UPDATE stream_tickets SET expires_at = now() WHERE user_id = $1`, [ada.sub]);
    await ticketOf();
    const left = await pool.query(`SELECT FROM stream_tickets WHERE user_id = $1`, [ada.sub]);
    expect(left.rowCount).toBe(1);
  });

  it('are limited to a hundred unused ones a user', async () => {
    const eve = { sub: `eve-${newId()}`, org: ada.org };
    const thread = await newThread(eve);
    await pool.query(
      `INSERT INTO stream_tickets (hash, caller, org_id, user_id, thread_id, expires_at) SELECT sha256(n::text::bytea || $3::text::bytea), '{}', $1, $2, $4, now() + interval '1 minute'
       FROM generate_series(1, 100) AS n`,
      [eve.org, eve.sub, eve.sub, thread],
    );
    const { status, headers, body } = await ask(eve, { threadId: thread });
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('5');
    expect(body).toMatchObject({ code: 'RATE_LIMITED', details: { limit: 100 } });
    expect((await ask(ada, { threadId })).status).toBe(201);
  });
});
