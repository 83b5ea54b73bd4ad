import { median, show } from '../rig/numbers.ts';
import type { Effort, Result, Row } from '../rig/result.ts';
import { CONTENT } from '../rig/requests.ts';
import type { Rig } from '../rig/rig.ts';
import type { Job } from '../rig/load.ts';
import { seedMessages, seedThreads, settleTables } from '../rig/seed.ts';

/* Whether what a user does all day gets slower with what is stored: one client, one request at a time. */

const SIZES = [100, 1_000, 10_000, 100_000] as const;
const QUICK_SIZES = [100, 10_000] as const;
const TOKENS = 20;
/** Requests in a row at one size. */
const BLOCK = 20;

/** One user's data at one size: a long thread, or many threads. */
interface Grown {
  readonly size: number;
  readonly user: string;
  readonly thread: number;
}

interface Question {
  readonly measure: string;
  readonly over: 'messages' | 'threads';
  readonly request: Pick<Job, 'method' | 'path' | 'body' | 'tokens' | 'marksPerToken' | 'counts'>;
}

const read = { method: 'GET', tokens: 0, marksPerToken: 0, counts: false } as const;
const turn = {
  method: 'POST',
  path: '/chat/threads/{thread}/messages',
  body: JSON.stringify({ content: CONTENT, options: { rag: false } }),
  tokens: TOKENS,
  marksPerToken: 2,
  counts: true,
} as const;

const QUESTIONS: readonly Question[] = [
  {
    measure: 'First page of a thread’s messages',
    over: 'messages',
    request: { ...read, path: '/chat/threads/{thread}/messages' },
  },
  {
    measure: 'Newest page of a thread’s messages',
    over: 'messages',
    request: { ...read, path: '/chat/threads/{thread}/messages?order=desc' },
  },
  { measure: 'A short turn in the thread', over: 'messages', request: turn },
  {
    measure: 'First page of a user’s threads',
    over: 'threads',
    request: { ...read, path: '/chat/threads' },
  },
  { measure: 'A short turn in one of the threads', over: 'threads', request: turn },
];

export async function measureGrowth(rig: Rig, { isQuick }: Effort): Promise<Result> {
  const sizes = isQuick ? QUICK_SIZES : SIZES;
  const grown = await seed(rig, sizes);
  await rig.standIn.ask('plan', { tokens: TOKENS, gapMs: null, delayMs: 0 });
  const times = QUESTIONS.map(() => sizes.map((): number[] => []));
  // Everything takes turns, so that noise meets it all; the first block warms up and is forgotten.
  for (let block = 0; block <= (isQuick ? 1 : 5); block += 1) {
    for (const [number, question] of QUESTIONS.entries()) {
      for (const [index, place] of grown[question.over].entries()) {
        const found = await ask(rig, question, place);
        if (block > 0) times[number]![index]!.push(...found);
      }
    }
  }
  const medians = times.map((bySize) => bySize.map(median));
  return {
    rows: QUESTIONS.map((question, number) => rowOf(question, sizes, medians[number]!)),
    details: QUESTIONS.map(({ measure, over }, number) => ({
      measure,
      over,
      sizes,
      milliseconds: medians[number],
    })),
    notes: [],
  };
}

function rowOf({ measure, over }: Question, sizes: readonly number[], medians: readonly number[]): Row {
  return {
    measure: `${measure}, ${sizes.map((size) => size.toLocaleString('en-GB')).join(' / ')} ${over}`,
    threadline: `${medians.map(show).join(' / ')} ms`,
    pipe: '',
    compared: `${show(medians.at(-1)! / medians[0]!)} × from least to most`,
  };
}

async function seed(rig: Rig, sizes: readonly number[]) {
  const { client } = (await rig.threadline()).database;
  const messages: Grown[] = [];
  const threads: Grown[] = [];
  for (const size of sizes) {
    const long = { size, user: `long-${size}`, thread: await rig.threads(1) };
    await seedThreads(client, long.user, long.thread, 1);
    await seedMessages(client, long.thread, 1, size);
    messages.push(long);
    const many = { size, user: `many-${size}`, thread: await rig.threads(size) };
    await seedThreads(client, many.user, many.thread, size);
    threads.push(many);
  }
  await settleTables(client);
  return { messages, threads };
}

/** How long each of a block of requests took, in milliseconds. */
async function ask(rig: Rig, { request }: Question, { user, thread }: Grown): Promise<number[]> {
  const server = await rig.threadline();
  await rig.load.ask('start', {
    ...request,
    port: server.port,
    token: await server.tokenFor(user),
    firstThread: thread,
    sameThread: true,
    requests: BLOCK,
    lanes: 1,
    record: true,
  });
  const timings = await rig.load.ask('finish');
  await rig.counters();
  return timings.map(({ sentAt, endedAt }) => endedAt - sentAt);
}
