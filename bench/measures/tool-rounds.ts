import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pinFamily } from '../rig/cores.ts';
import type { Job, Timing } from '../rig/load.ts';
import { median, show } from '../rig/numbers.ts';
import { CONTENT } from '../rig/requests.ts';
import type { Effort, Result, Row } from '../rig/result.ts';
import { USER, type Rig } from '../rig/rig.ts';
import { disturbed, middle, type Round } from '../rig/rounds.ts';
import { seedThreads, settleTables } from '../rig/seed.ts';
import { Threadline } from '../rig/threadline.ts';
import type { ToolLoop } from '../rig/tool-loop.ts';
import { costOf, together, type Window } from '../rig/window.ts';
import { TOOL } from '../rig/wire.ts';
import { Worker } from '../rig/worker.ts';

/* What a turn with two rounds of tools costs and takes, beside the same loop written by hand on the provider's SDK. */

const ENTRY = fileURLToPath(new URL('../rig/tool-server.ts', import.meta.url));
const TOKENS = 20;
const ROUNDS = 2;
const LANES = 16;

const NAMES = ['loop', 'threadline'] as const;
type Name = (typeof NAMES)[number];

interface Measured extends Window {
  /** Of a lone client's turns, from the request to the end of the answer, in milliseconds. */
  readonly times: readonly number[];
}

/** One of the two, and how its turns are asked for. */
interface Place {
  readonly pid: number;
  readonly postmaster: number | 'none' | undefined;
  readonly job: (requests: number) => Promise<Omit<Job, 'lanes'>>;
}

export async function measureToolRounds(rig: Rig, { isQuick }: Effort): Promise<Result> {
  await rig.recover();
  const dataDir = await mkdtemp(join(tmpdir(), 'threadline-tools-'));
  await chmod(dataDir, 0o711);
  const { port: providerPort } = await rig.subject('direct');
  const server = await Threadline.start({ providerPort, dataDir, databaseUrl: undefined, entry: ENTRY });
  const loop = await Worker.start<ToolLoop>('tool-loop', { measured: true, args: [String(providerPort)] });
  try {
    await settleTables(server.database.client);
    const places = { loop: await loopPlace(loop), threadline: serverPlace(rig, server) };
    const [with2, without] = [
      await measure(rig, places, ROUNDS, isQuick),
      await measure(rig, places, 0, isQuick),
    ];
    return report(with2, without);
  } finally {
    await server.stop();
    await loop.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function loopPlace(loop: Worker<ToolLoop>): Promise<Place> {
  const body = JSON.stringify({ messages: [{ role: 'user', content: CONTENT }] });
  const port = await loop.ask('listen');
  const asked = { port, method: 'POST', path: '/', body, firstThread: 0, marksPerToken: 1 } as const;
  return {
    ...{ pid: loop.pid, postmaster: 'none' },
    job: (requests) => Promise.resolve({ ...asked, requests, tokens: TOKENS, counts: true }),
  };
}

function serverPlace(rig: Rig, server: Threadline): Place {
  const { client, postmaster } = server.database;
  const body = JSON.stringify({ content: CONTENT, options: { tools: [TOOL] } });
  return {
    ...{ pid: server.pid, postmaster },
    async job(requests) {
      const firstThread = await rig.threads(requests);
      await seedThreads(client, USER, firstThread, requests);
      return {
        ...{ port: server.port, method: 'POST', path: '/chat/threads/{thread}/messages/stream', body },
        ...{ token: await server.tokenFor(USER), firstThread, requests },
        // In its pieces, in the whole answer behind them, and in the message as it is stored.
        ...{ tokens: TOKENS, marksPerToken: 3, counts: true },
      };
    },
  };
}

async function measure(
  rig: Rig,
  places: Readonly<Record<Name, Place>>,
  rounds: number,
  isQuick: boolean,
): Promise<Round<Name, Measured>[]> {
  await rig.standIn.ask('plan', { tokens: TOKENS, gapMs: null, delayMs: 0, rounds });
  const [wanted, busy, alone] = isQuick ? [1, 60, 20] : [3, 160, 30];
  const found: Round<Name, Measured>[] = [];
  // The first round warms both up and is forgotten.
  for (let round = 0; round <= wanted; round += 1) {
    const windows: Partial<Record<Name, Measured>> = {};
    for (const name of round % 2 === 0 ? NAMES : NAMES.toReversed()) {
      windows[name] = await measured(rig, places[name], busy, alone);
    }
    if (round > 0) found.push(windows as Round<Name, Measured>);
  }
  return found;
}

async function measured(
  rig: Rig,
  { pid, postmaster, job }: Place,
  busy: number,
  alone: number,
): Promise<Measured> {
  const run = async (asked: Job) => {
    await rig.load.ask('start', asked);
    const timings = await rig.load.ask('finish');
    await rig.counters();
    return timings;
  };
  const asked = { ...(await job(busy)), lanes: LANES };
  if (typeof postmaster === 'number') pinFamily(postmaster);
  const cost = await costOf(pid, postmaster, () => run(asked));
  const timings = await run({ ...(await job(alone)), lanes: 1, record: true });
  const times = timings.map(({ sentAt, endedAt }: Timing) => endedAt - sentAt);
  return { ...cost, answers: busy, tokens: busy * TOKENS, times };
}

type Rounds = readonly Round<Name, Measured>[];

const alone = ({ processorSeconds, answers }: Measured) => (processorSeconds * 1_000) / answers;
const whole = (window: Measured) => (together(window) * 1_000) / window.answers;
const time = ({ times }: Measured) => median(times);

function report(rounds: Rounds, without: Rounds): Result {
  return {
    rows: [
      ...rowsOf(`with ${ROUNDS} rounds of tools`, rounds),
      ...rowsOf('in which no tool is called', without),
    ],
    details: { lanes: LANES, tokensPerAnswer: TOKENS, rounds, without },
    notes: [
      'The loop by hand is `node:http` and the `openai` package; it stores nothing and knows no users.',
      ...disturbed('turns with tools', rounds),
    ],
  };
}

function rowsOf(what: string, rounds: Rounds): Row[] {
  const of = (value: (round: Rounds[number]) => number) => show(middle(rounds, value));
  return [
    {
      measure: `CPU of a turn ${what}, ${LANES} clients`,
      threadline: `${of(({ threadline }) => whole(threadline))} ms (server alone ${of(({ threadline }) => alone(threadline))})`,
      pipe: '',
      compared:
        `by hand ${of(({ loop }) => alone(loop))} ms: ` +
        `${of(({ threadline, loop }) => whole(threadline) / alone(loop))} ×, ` +
        `server alone ${of(({ threadline, loop }) => alone(threadline) / alone(loop))} ×`,
    },
    {
      measure: `Time of a turn ${what}, one client, p50`,
      threadline: `${of(({ threadline }) => time(threadline))} ms`,
      pipe: '',
      compared:
        `by hand ${of(({ loop }) => time(loop))} ms: ` +
        `+ ${of(({ threadline, loop }) => time(threadline) - time(loop))} ms, ` +
        `${of(({ threadline, loop }) => time(threadline) / time(loop))} ×`,
    },
  ];
}
