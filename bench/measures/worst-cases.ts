import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** Who does his worst, and where. */
export interface WorstClient {
  readonly port: number;
  readonly token: string;
  readonly database: pg.Client;
  /** How long what goes on in the background is watched, in milliseconds. */
  readonly backgroundMs: number;
}

/** One way of stopping others. What it takes is made ready first; what comes of it is not looked at. */
export interface WorstCase {
  readonly name: string;
  prepare(client: WorstClient): Promise<() => Promise<unknown>>;
}

const MEGABYTE = 1_000_000;
const WAIT_MS = 60_000;

const json = (client: WorstClient | undefined) => ({
  'content-type': 'application/json',
  ...(client === undefined ? {} : { authorization: `Bearer ${client.token}` }),
});

/** Posts, and reads what comes; whatever it is, it is of no interest. */
async function post(
  client: WorstClient,
  path: string,
  body: string | Buffer,
  { isAnonymous = false, signal }: { isAnonymous?: boolean; signal?: AbortSignal } = {},
): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${client.port}${path}`, {
      method: 'POST',
      headers: json(isAnonymous ? undefined : client),
      body,
      signal: signal ?? AbortSignal.timeout(WAIT_MS),
    });
    return await response.text();
  } catch (error) {
    return String(error);
  }
}

const times = <Item>(count: number, make: (index: number) => Item) =>
  Array.from({ length: count }, (_, n) => make(n));

async function newThread(client: WorstClient): Promise<string> {
  return (JSON.parse(await post(client, '/chat/threads', '{}')) as { thread: { id: string } }).thread.id;
}

/** Ten messages at once whose answers are as dear to count as can be. */
function dearAnswers(name: string, text: string): WorstCase {
  return {
    name,
    prepare: async (client) => {
      const threads = await Promise.all(times(10, () => newThread(client)));
      const body = JSON.stringify({ content: `repeat ${text} ${100_000 / text.length}` });
      return () =>
        Promise.all(threads.map((thread) => post(client, `/chat/threads/${thread}/messages`, body)));
    },
  };
}

/** A body of a kind that is dear to read, or to refuse. */
function dearBodies(
  name: string,
  path: string,
  count: number,
  body: () => string,
  isAnonymous = false,
): WorstCase {
  return {
    name,
    prepare: (client) => {
      const bytes = Buffer.from(body());
      return Promise.resolve(() =>
        Promise.all(times(count, () => post(client, path, bytes, { isAnonymous }))),
      );
    },
  };
}

const document = (title: string, megabytes: number, word: string) =>
  JSON.stringify({ title, content: word.repeat((megabytes * MEGABYTE) / Buffer.byteLength(word)) });

const uploads: WorstCase = {
  name: 'while one user uploads ten documents of 5 MB',
  prepare: (client) => {
    const bodies = times(10, (n) =>
      Buffer.from(document(`Large ${n}`, 5, `Words of document ${n} in a row. `)),
    );
    return Promise.resolve(async () => {
      await Promise.all(bodies.map((body) => post(client, '/rag/documents', body)));
      // They are taken in after the answer.
      await sleep(client.backgroundMs);
    });
  },
};

const longReads: WorstCase = {
  name: 'while one user reads threads with an answer of 5.7 MB forty times at once',
  prepare: async (client) => {
    const threads = await Promise.all(times(3, () => newThread(client)));
    const body = JSON.stringify({ content: 'repeat 中 1900000' });
    for (const thread of threads) await post(client, `/chat/threads/${thread}/messages`, body);
    const read = (thread: string) =>
      fetch(`http://127.0.0.1:${client.port}/chat/threads/${thread}/messages`, {
        headers: json(client),
        signal: AbortSignal.timeout(WAIT_MS),
      }).then((response) => response.text(), String);
    return () => Promise.all(times(40, (n) => read(threads[n % threads.length]!)));
  },
};

const longAnswers: WorstCase = {
  name: 'while four answers of 5.7 MB are streamed at once',
  prepare: async (client) => {
    const threads = await Promise.all(times(4, () => newThread(client)));
    const body = JSON.stringify({ content: 'repeat 中 1900000' });
    return () =>
      Promise.all(threads.map((thread) => post(client, `/chat/threads/${thread}/messages/stream`, body)));
  },
};

const longMessages: WorstCase = {
  name: 'while one user posts sixty messages of 540 kB at once',
  prepare: async (client) => {
    const threads = await Promise.all(times(60, () => newThread(client)));
    const text = times(20_000, (n) => String.fromCodePoint(0x4e00 + ((n * 7_919) % 20_000)))
      .join('')
      .repeat(9);
    const body = Buffer.from(JSON.stringify({ content: text, provider: 'local' }));
    return () => Promise.all(threads.map((thread) => post(client, `/chat/threads/${thread}/messages`, body)));
  },
};

const searches: WorstCase = {
  name: 'while one user searches 32 MB of messages twenty times at once',
  prepare: async (client) => {
    const threads = await Promise.all(times(8, () => newThread(client)));
    for (const [place, thread] of threads.entries()) {
      await client.database.query(
        `INSERT INTO messages (id, thread_id, turn_id, position, role, content, status)
         SELECT gen_random_uuid(), $1, $2, n + 10, 'user', repeat(md5(n::text || $3::text) || ' words ', 500), 'complete'
         FROM generate_series(1, 200) AS n`,
        [thread, randomUUID(), String(place)],
      );
    }
    const search = (query: string) =>
      fetch(`http://127.0.0.1:${client.port}/chat/threads?q=${encodeURIComponent(query)}`, {
        headers: json(client),
        signal: AbortSignal.timeout(WAIT_MS),
      }).then((response) => response.text(), String);
    // Into the index first, which is filled in the background once it is missed.
    await search('nothing');
    for (let waited = 0; waited < 120; waited += 1) {
      if ((await client.database.query('SELECT 1 FROM search_pending LIMIT 1')).rows.length === 0) break;
      await sleep(1_000);
    }
    return () => Promise.all(times(20, (n) => search(`nothing like this ${n}`)));
  },
};

const greed: WorstCase = {
  name: 'while one user asks for more turns than there are places',
  prepare: async (client) => {
    const threads = await Promise.all(times(10, () => newThread(client)));
    return async () => {
      const leaving = AbortSignal.timeout(4_000);
      const message = JSON.stringify({ content: 'wait', options: { onDisconnect: 'cancel' } });
      const completion = JSON.stringify({
        model: 'openai/bench',
        messages: [{ role: 'user', content: 'wait' }],
      });
      await Promise.all([
        ...threads.map((thread) =>
          post(client, `/chat/threads/${thread}/messages`, message, { signal: leaving }),
        ),
        ...times(10, () => post(client, '/v1/chat/completions', completion, { signal: leaving })),
      ]);
      for (const thread of threads)
        await fetch(`http://127.0.0.1:${client.port}/chat/threads/${thread}`, {
          method: 'DELETE',
          headers: json(client),
        });
    };
  },
};

const nested = (depth: number) => `{"content":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const wide = (count: number) => `{"metadata":{${times(count, (n) => `"key${n}":1`).join(',')}}}`;
const vectors = JSON.stringify({
  model: 'local/hash-384',
  input: times(9, () => 'many different words '.repeat(5_000)),
});

/** Every way that was found, and what is like it. */
export const WORST_CASES: readonly WorstCase[] = [
  dearAnswers('while ten answers of 100,000 × 中 are counted', '中'),
  dearAnswers('while ten answers of 100,000 × a are counted', 'a'),
  dearAnswers('while ten answers of 100,000 characters of emoji are counted', '👩‍👧'),
  uploads,
  dearBodies(
    'while nobody in particular posts forty bodies of 10 MB',
    '/rag/documents',
    40,
    () => document('No', 10, 'word '),
    true,
  ),
  dearBodies('while one user posts forty bodies of 10 MB', '/rag/documents', 40, () =>
    document('Too large', 10, 'word '),
  ),
  dearBodies('while one user posts forty deep bodies', '/v1/chat/completions', 40, () => nested(450_000)),
  dearBodies('while one user posts forty wide bodies', '/chat/threads', 40, () => wide(80_000)),
  dearBodies(
    'while one user posts forty bodies of numbers',
    '/v1/embeddings',
    40,
    () => `{"model":"local/hash-384","input":[${'1,'.repeat(450_000)}1]}`,
  ),
  dearBodies('while vectors are made of five times 900 kB', '/v1/embeddings', 5, () => vectors),
  dearBodies('while thirty times 2,000 vectors are made in base64', '/v1/embeddings', 30, () =>
    JSON.stringify({
      model: 'local/hash-384',
      input: times(2_000, () => 'a b c d'),
      encoding_format: 'base64',
    }),
  ),
  longReads,
  longAnswers,
  longMessages,
  searches,
  greed,
];
