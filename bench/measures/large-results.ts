import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bystander, Seen } from '../rig/bystander.ts';
import type { CallingProvider } from '../rig/calling-provider.ts';
import { SAY, type Kind } from '../rig/large-texts.ts';
import { quantile, show } from '../rig/numbers.ts';
import { residentKilobytes } from '../rig/proc.ts';
import type { Effort, Result, Row } from '../rig/result.ts';
import type { Rig } from '../rig/rig.ts';
import { Threadline } from '../rig/threadline.ts';
import { costOf } from '../rig/window.ts';
import { Worker } from '../rig/worker.ts';

/* How late the event loop is, and how long somebody waits for a page of threads, while tools return as much as they may. */

const ENTRY = fileURLToPath(new URL('../rig/large-result-server.ts', import.meta.url));
const LARGE = 20_000_000;
const SMALL = 200;
/** What nothing should hold the event loop for, in milliseconds. */
const MOST_MS = 50;

/** What tools return in a turn: so many results, of so many bytes each. */
interface Case {
  readonly name: string;
  readonly kind: Kind;
  readonly results: number;
}

const CASES: readonly Case[] = [
  { name: 'one of ASCII', kind: 'ascii', results: 1 },
  { name: 'one of other characters', kind: 'wide', results: 1 },
  { name: 'five at once of other characters', kind: 'wide', results: 5 },
];

interface Stretch extends Seen {
  /** How late the event loop was each time that it was looked at. */
  readonly delays: readonly number[];
  readonly busy: number;
  readonly residentMegabytes: number;
}

interface Found extends Case {
  readonly small: readonly Stretch[];
  readonly large: readonly Stretch[];
}

export async function measureLargeResults(rig: Rig, { isQuick, only }: Effort): Promise<Result> {
  const [rounds, turns] = isQuick ? [1, 2] : [4, 5];
  await rig.recover();
  const dataDir = await mkdtemp(join(tmpdir(), 'threadline-large-'));
  await chmod(dataDir, 0o711);
  const provider = await Worker.start<CallingProvider>('calling-provider', { hasDecorators: true });
  const bystander = await Worker.start<Bystander>('bystander');
  const providerPort = await provider.ask('listen');
  const started = { providerPort, dataDir, databaseUrl: undefined, entry: ENTRY, isObserved: true };
  const server = await Threadline.start(started);
  const found: Found[] = [];
  try {
    for (const one of CASES.filter(({ name }) => only === undefined || name.includes(only))) {
      const [small, large]: [Stretch[], Stretch[]] = [[], []];
      // The first round warms up and is forgotten.
      for (let round = 0; round <= rounds; round += 1) {
        const without = await watched(server, bystander, one, SMALL, turns);
        const during = await watched(server, bystander, one, LARGE, turns);
        if (round === 0) continue;
        small.push(without);
        large.push(during);
      }
      found.push({ ...one, small, large });
    }
  } finally {
    await bystander.stop();
    await server.stop();
    await provider.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
  return report(found);
}

async function watched(
  server: Threadline,
  bystander: Worker<Bystander>,
  { kind, results }: Case,
  bytes: number,
  turns: number,
): Promise<Stretch> {
  const token = await server.tokenFor('caller');
  await bystander.ask('start', { port: server.port, token: await server.tokenFor('bystander') });
  await server.observer.ask('watchLoop');
  const content = `{{call ${SAY} ${JSON.stringify({ kind, bytes })}}}`.repeat(results);
  const { busy } = await costOf(server.pid, undefined, async () => {
    for (let turn = 0; turn < turns; turn += 1) await ask(server.port, token, content);
  });
  const delays = await server.observer.ask('loopDelays');
  const residentMegabytes = residentKilobytes(server.pid) / 1_024;
  return { ...(await bystander.ask('finish')), delays, busy, residentMegabytes };
}

/** A turn in a thread of its own, to its end. */
async function ask(port: number, token: string, content: string): Promise<void> {
  const post = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const url = `http://127.0.0.1:${port}${path}`;
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 200)}`);
    return text;
  };
  const { thread } = JSON.parse(await post('/chat/threads', {})) as {
    readonly thread: { readonly id: string };
  };
  const told = await post(`/chat/threads/${thread.id}/messages/stream`, {
    content,
    options: { tools: [SAY] },
  });
  if (!told.includes('"ok":true') || told.includes('"ok":false')) throw new Error('a call failed');
}

function report(found: readonly Found[]): Result {
  const late = found.filter(({ large }) => Math.max(...delaysOf(large)) > MOST_MS);
  const failures = found.flatMap(({ small, large }) => [...small, ...large]).flatMap((one) => one.failures);
  return {
    rows: found.flatMap(rowsOf),
    details: found.map(({ small, large, ...one }) => ({
      ...one,
      small: small.map(inShort),
      large: large.map(inShort),
    })),
    notes: [
      ...late.map(({ name }) => `**Something held the event loop for more than ${MOST_MS} ms: ${name}.**`),
      ...(failures.length > 0 ? [`**${failures.length} pages failed, the first: ${failures[0]}.**`] : []),
    ],
  };
}

function rowsOf({ name, small, large }: Found): Row[] {
  const row = (measure: string, of: (stretches: readonly Stretch[]) => readonly number[]): Row => {
    const [without, during] = [of(small), of(large)];
    const times = quantile(during, 0.99) / quantile(without, 0.99);
    return {
      ...{ measure, threadline: inWords(during), pipe: '' },
      compared: `with small results ${inWords(without)}: ${show(times)} × the p99`,
    };
  };
  return [
    row(`How late the event loop is beside results of 20 MB, ${name}`, delaysOf),
    row(`A page of threads beside them`, timesOf),
  ];
}

const delaysOf = (stretches: readonly Stretch[]) => stretches.flatMap(({ delays }) => delays);
const timesOf = (stretches: readonly Stretch[]) => stretches.flatMap(({ times }) => times);

function inWords(times: readonly number[]): string {
  return `p50 ${show(quantile(times, 0.5))} ms, p99 ${show(quantile(times, 0.99))} ms, most ${show(Math.max(...times))} ms`;
}

function inShort({ delays, times, ...rest }: Stretch) {
  return { ...rest, delays: inWords(delays), times: inWords(times) };
}
