/**
 * What readers that stop reading cost: one long turn, watched by healthy readers alone and then by healthy and stalled
 * ones. Prints the server's memory, how long the healthy ones wait between pieces, and whether the stalled ones, once
 * they read on, end with the right text. Run it after a build:
 *
 *     node_modules/.bin/node test/chaos/stalled-readers.ts [--stalled 1000] [--healthy 50] [--tokens 4000] [--delay 10] [--server <folder>]
 *
 * The server is `dist/src/main.js` with plain node flags, over the embedded database or `DATABASE_URL`; readers and
 * provider are processes of their own. Linux only: memory is read from `/proc`.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SignJWT } from 'jose';
import type { Figures, ReadersOrder } from './stalled-readers.clients.ts';

const { values } = parseArgs({
  options: {
    stalled: { type: 'string', default: '1000' },
    healthy: { type: 'string', default: '50' },
    tokens: { type: 'string', default: '4000' },
    delay: { type: 'string', default: '10' },
    server: { type: 'string', default: '.' },
  },
});
const stalled = Number(values.stalled);
const healthy = Number(values.healthy);
const prompt = `Go on [[tokens=${values.tokens} delay=${values.delay}]]`;

const SECRET = randomBytes(32).toString('hex');
/** How long an idle server has to give memory back before it is weighed. */
const SETTLE_MS = 8_000;
const SAMPLE_MS = 100;

const here = (file: string) => join(import.meta.dirname, file);
const megabytes = (kilobytes: number) => `${(kilobytes / 1_024).toFixed(1)} MB`;

/** Resident memory of a process in kB (1,024 bytes). */
function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
}

/** Processor time of a process so far, in seconds; the kernel counts it in hundredths. */
function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return ((user ?? 0) + (system ?? 0)) / 100;
}

/** Starts a program and waits for the line that says where it listens. */
async function started(child: ChildProcess): Promise<string> {
  const { promise, resolve: found, reject } = Promise.withResolvers<string>();
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    const url = /http:\/\/[^\s"]+/.exec(output)?.[0];
    if (url !== undefined) found(url);
  });
  child.once('exit', (code) =>
    reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}: ${output}`)),
  );
  return promise;
}

async function startServer(providerUrl: string, dataDir: string) {
  const child = spawn(process.execPath, [join(resolve(values.server), 'dist/src/main.js')], {
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: process.env['DATABASE_URL'],
      DATA_DIR: dataDir,
      JWT_SECRET: SECRET,
      PORT: '0',
      RATE_LIMIT: 'off',
      MAX_STREAMS_PER_USER: '100000',
      MAX_ANSWER_CHARS: '50000000',
      STREAM_STALL_TIMEOUT: '10m',
      OPENAI_URL: providerUrl,
      LOG_LEVEL: 'error',
      STOP_WITH_PARENT: String(process.pid),
    },
  });
  return { child, url: await started(child) };
}

async function newThread(url: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}/chat/threads`, { method: 'POST', headers, body: '{}' });
  return ((await response.json()) as { thread: { id: string } }).thread.id;
}

/** What the readers say next. */
async function heard(readers: ChildProcess): Promise<unknown> {
  const ended = once(readers, 'exit').then(() => Promise.reject(new Error('the readers gave up')));
  const [message] = (await Promise.race([once(readers, 'message'), ended])) as [unknown];
  return message;
}

interface Weighed extends Figures {
  readonly before: number;
  readonly most: number;
  /** When the turn was over and its stalled readers still there. */
  readonly after: number;
  /** Of the server, until the turn was over, in seconds. */
  readonly processor: number;
}

/** One turn, watched by so many readers in a process of their own. */
async function run(url: string, token: string, pid: number, stalledReaders: number): Promise<Weighed> {
  const threadId = await newThread(url, token);
  const before = memoryOf(pid);
  let most = before;
  const processorBefore = processorSeconds(pid);
  const sampler = setInterval(() => (most = Math.max(most, memoryOf(pid))), SAMPLE_MS);
  const order: ReadersOrder = { url, token, threadId, prompt, healthy, stalled: stalledReaders };
  const readers = fork(here('stalled-readers.clients.ts'), { stdio: 'inherit' });
  try {
    readers.send(order);
    await heard(readers);
    const processor = processorSeconds(pid) - processorBefore;
    await sleep(SETTLE_MS);
    const after = memoryOf(pid);
    readers.send('read on');
    const figures = (await heard(readers)) as Figures;
    readers.kill();
    await sleep(SETTLE_MS);
    return { ...figures, before, most, after, processor };
  } finally {
    clearInterval(sampler);
    readers.kill();
  }
}

function say(name: string, weighed: Weighed): void {
  const { before, most, after, processor, gaps, delays, pieces, wrong, converged } = weighed;
  const rows = {
    'memory before': megabytes(before),
    'memory at most': `${megabytes(most)} (+${megabytes(most - before)})`,
    'memory once the turn was over': `${megabytes(after)} (+${megabytes(after - before)})`,
    'processor time of the server': `${processor.toFixed(1)} s`,
    'pieces a healthy reader got': pieces,
    'between pieces, p50 / p99 / most': `${gaps.p50} / ${gaps.p99} / ${gaps.most} ms`,
    'from written to read, p50 / p99 / most': `${delays.p50} / ${delays.p99} / ${delays.most} ms`,
    'healthy readers with a wrong text': wrong,
    'stalled readers with the right text in the end': converged,
  };
  console.log(`\n${name}`);
  for (const [label, value] of Object.entries(rows)) console.log(`  ${label.padEnd(48)}${value}`);
}

const dataDir = mkdtempSync(join(tmpdir(), 'stalled-readers-'));
const provider = spawn(
  process.execPath,
  ['--import', here('../setup/typescript-hooks.mjs'), here('../doubles/openai-stand-in.main.ts')],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
let server: { readonly child: ChildProcess; readonly url: string } | undefined;
try {
  server = await startServer(await started(provider), dataDir);
  const pid = server.child.pid!;
  const key = new TextEncoder().encode(SECRET);
  const claims = new SignJWT({ sub: 'alice', org: 'acme' }).setExpirationTime('2h');
  const token = await claims.setProtectedHeader({ alg: 'HS256' }).sign(key);
  console.log(`${prompt}, ${healthy} healthy readers`);
  // The first run is the warm-up: what a process that has done this before needs no more.
  await run(server.url, token, pid, 0);
  const alone = await run(server.url, token, pid, 0);
  say('healthy readers alone', alone);
  const together = await run(server.url, token, pid, stalled);
  say(`with ${stalled} stalled readers`, together);
  console.log(
    `\n  memory: +${megabytes(together.most - together.before)} at most; p99 between pieces: ` +
      `${(together.gaps.p99 / alone.gaps.p99).toFixed(2)} times that without stalled readers`,
  );
} finally {
  provider.kill();
  if (server?.child.kill('SIGTERM') === true) await once(server.child, 'exit');
  rmSync(dataDir, { recursive: true, force: true });
}
