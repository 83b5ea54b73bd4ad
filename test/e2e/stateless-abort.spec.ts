import { setTimeout as pause } from 'node:timers/promises';
import { ledgerRows } from '../support/ledger.js';
import { stage } from '../support/stage.js';

const QUESTION = 'Count for a while [[tokens=100000 delay=5]]';

const WIRES: readonly (readonly [path: string, body: Record<string, unknown>])[] = [
  ['/chat', { message: QUESTION, stream: true }],
  ['/api/stream', { messages: [{ role: 'user', content: QUESTION }], model: 'any' }],
  [
    '/v1/chat/completions',
    { model: 'openai/any', messages: [{ role: 'user', content: QUESTION }], stream: true },
  ],
];

describe('a client that goes in the middle of an answer without a thread', () => {
  const on = stage();

  const ask = (path: string, body: Record<string, unknown>, signal: AbortSignal) =>
    fetch(on.server.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${on.alice.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });

  // What is loaded to count the first answer that breaks off is loaded then: a process does so soon after its start.
  beforeAll(async () => {
    const controller = new AbortController();
    const response = await ask('/chat', WIRES[0]![1], controller.signal);
    await response.body!.getReader().read();
    controller.abort();
    await newRows(0);
  });

  /** The rows beyond those that were there, once there are any; a second one would come at the same time. */
  const newRows = async (before: number) => {
    for (let tries = 0; tries < 100; tries += 1) {
      const rows = await ledgerRows(on.server.connectionString);
      if (rows.length > before) {
        await pause(100);
        return (await ledgerRows(on.server.connectionString)).slice(before);
      }
      await pause(20);
    }
    return [];
  };

  it.each(WIRES)('%s: closes the provider’s socket, and is billed once', async (path, body) => {
    const before = (await ledgerRows(on.server.connectionString)).length;
    const controller = new AbortController();
    const response = await ask(path, body, controller.signal);
    expect(response.status).toBe(200);
    await response.body!.getReader().read();
    const request = on.standIn.requests.at(-1)!;
    controller.abort();
    await request.closed;
    const rows = await newRows(before);
    expect(rows).toMatchObject([
      { outcome: 'cancelled', estimated: true, thread_id: null, error_code: null, retries: 0 },
    ]);
    expect(rows[0]!.output_tokens).toBeGreaterThan(0);
    expect(rows[0]!.input_tokens).toBeGreaterThan(0);
  });

  it.each([
    ['/chat', { message: QUESTION }],
    ['/v1/chat/completions', { model: 'openai/any', messages: [{ role: 'user', content: QUESTION }] }],
  ])('%s: the same while it waits for the whole', async (path, body) => {
    const before = (await ledgerRows(on.server.connectionString)).length;
    const asked = on.standIn.requests.length;
    const controller = new AbortController();
    const pending = ask(path, body, controller.signal).catch((error: unknown) => error);
    while (on.standIn.requests.length === asked) await pause(5);
    await pause(100);
    controller.abort();
    await on.standIn.requests.at(-1)!.closed;
    await pending;
    expect(await newRows(before)).toMatchObject([{ outcome: 'cancelled', estimated: true }]);
  });

  it('leaves nothing behind', async () => {
    expect((await on.alice.ask('GET', '/chat/threads')).body.threads).toEqual([]);
  });
});
