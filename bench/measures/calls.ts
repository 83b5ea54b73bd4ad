import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '../rig/load.ts';
import { show } from '../rig/numbers.ts';
import type { Effort, Result, Row } from '../rig/result.ts';
import { USER, type Rig } from '../rig/rig.ts';
import { middle } from '../rig/rounds.ts';
import { seedMessages, settleTables } from '../rig/seed.ts';
import type { Plan } from '../rig/stand-in.ts';
import type { Threadline } from '../rig/threadline.ts';
import { together, type Cost } from '../rig/window.ts';

/* Processor time of what clients ask beside turns: the start of a stream, a page of messages, a cancel, the health. */

const LANES = 8;
const MESSAGES = 20;
/** A token, and then nothing for longer than anybody waits: something to cancel. */
const silent: Plan = { tokens: 2, gapMs: 3_600_000, delayMs: 0, record: true };
const short: Plan = { tokens: 5, gapMs: null, delayMs: 0 };
/** What answers leave to be done is done by then. */
const AFTER_MS = 500;
const START_LIMIT_MS = 60_000;

interface Place {
  readonly rig: Rig;
  readonly server: Threadline;
  readonly token: string;
  /** The first of so many threads that have messages. */
  readonly firstThread: number;
  readonly count: number;
}

type Call = (place: Place) => Promise<Cost>;

const read = { method: 'GET', tokens: 0, marksPerToken: 0, counts: false } as const;

const CALLS: Readonly<Record<string, Call>> = {
  'a thread’s stream that begins and is left': (place) =>
    ask(place, { ...read, path: '/chat/threads/{thread}/stream', hangsUp: true }),
  [`a page of ${MESSAGES} messages`]: (place) =>
    ask(place, { ...read, path: '/chat/threads/{thread}/messages' }),
  'a cancelled turn, from the cancel to its end': cancel,
  health: (place) => ask(place, { ...read, path: '/health' }),
};
/** What they are compared with: a short request through the pipe, and a health that says what it always says. */
const REFERENCES: Readonly<Record<'pipe' | 'naive', Call>> = { pipe: throughPipe, naive: naiveHealth };

type Round = Readonly<Record<string, Cost>>;

export async function measureCalls(rig: Rig, { isQuick }: Effort): Promise<Result> {
  const [count, wanted] = isQuick ? [100, 1] : [500, 4];
  const server = await rig.threadline();
  const firstThread = await rig.threads(count, USER);
  await seedMessages(server.database.client, firstThread, count, MESSAGES);
  await settleTables(server.database.client);
  const place = { rig, server, token: await server.tokenFor(USER), firstThread, count };
  const rounds: Round[] = [];
  // The first round warms everything up and is forgotten.
  for (let round = 0; round <= wanted; round += 1) {
    const found: Record<string, Cost> = {};
    for (const [name, call] of Object.entries({ ...CALLS, ...REFERENCES })) found[name] = await call(place);
    if (round > 0) rounds.push(found);
  }
  return {
    rows: Object.keys(CALLS).map((name) => rowOf(name, count, rounds)),
    details: { count, lanes: LANES, rounds },
    notes: ['Calls stand beside a short request through the pipe and the health of the naive server.'],
  };
}

type Request = Pick<Job, 'method' | 'path' | 'tokens' | 'marksPerToken' | 'counts'> & Partial<Job>;

/** So many of one request, and what they leave to be done. */
async function ask({ rig, server, token, firstThread, count }: Place, request: Request): Promise<Cost> {
  return rig.cost(await rig.subject('threadline'), () =>
    run(rig, { firstThread, token, ...request, port: server.port, requests: count, lanes: LANES }),
  );
}

async function run(rig: Rig, job: Job): Promise<void> {
  await rig.load.ask('start', job);
  await rig.load.ask('finish');
  await rig.counters();
  await sleep(AFTER_MS);
}

async function cancel(place: Place): Promise<Cost> {
  const { rig, server, count } = place;
  await rig.standIn.ask('plan', silent);
  const post = {
    method: 'POST',
    path: '/chat/threads/{thread}/turns',
    body: JSON.stringify({ content: 'Something that takes long.' }),
    firstThread: await rig.threads(count, USER),
    tokens: 0,
    marksPerToken: 0,
    counts: false,
  } as const;
  await ask(place, post);
  const deadline = Date.now() + START_LIMIT_MS;
  while ((await rig.standIn.ask('moments')).length < count) {
    if (Date.now() > deadline) throw new Error('not all turns began');
    await sleep(100);
  }
  await sleep(AFTER_MS);
  const paths = (await running(server)).map(
    ({ thread, turn }) => `/chat/threads/${thread}/turns/${turn}/cancel`,
  );
  if (paths.length !== count) throw new Error(`${paths.length} turns run instead of ${count}`);
  const cost = await ask(place, { ...read, method: 'POST', path: '', paths });
  const left = (await running(server)).length;
  if (left > 0) throw new Error(`${left} turns run that were cancelled`);
  return cost;
}

async function running({ database }: Threadline): Promise<{ thread: string; turn: string }[]> {
  const { rows } = await database.client.query<{ thread: string; turn: string }>(
    `SELECT thread_id AS thread, id AS turn FROM turns WHERE status = 'running'`,
  );
  return rows;
}

async function throughPipe({ rig, count }: Place): Promise<Cost> {
  const job = await rig.wholeJob(rig.pipe, short, { requests: count, lanes: LANES, counts: true });
  return rig.cost(rig.pipe, () => run(rig, job));
}

async function naiveHealth({ rig, firstThread, count }: Place): Promise<Cost> {
  const naive = await rig.subject('naive');
  const job = { ...read, path: '/health', firstThread, requests: count, lanes: LANES, port: naive.port };
  return rig.cost(naive, () => run(rig, job));
}

function rowOf(name: string, count: number, rounds: readonly Round[]): Row {
  const of = (which: string, seconds: (cost: Cost) => number) =>
    show((middle(rounds, (round) => seconds(round[which]!)) * 1_000) / count);
  const alone = ({ processorSeconds }: Cost) => processorSeconds;
  const ofDatabase = (cost: Cost) => together(cost) - alone(cost);
  const ratio = (which: string) =>
    show(middle(rounds, (round) => together(round[name]!) / alone(round[which]!)));
  return {
    measure: `CPU of ${name}`,
    threadline: `${of(name, together)} ms (server ${of(name, alone)} + Postgres ${of(name, ofDatabase)})`,
    pipe: `${of('pipe', alone)} ms`,
    naive: `${of('naive', alone)} ms`,
    compared: `${ratio('pipe')} × pipe, ${ratio('naive')} × naive`,
  };
}
