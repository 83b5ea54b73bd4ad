import type { Job, Timing } from '../rig/load.ts';
import { median, show } from '../rig/numbers.ts';
import type { Effort, Result, Row } from '../rig/result.ts';
import { CONTENT } from '../rig/requests.ts';
import { USER, type Rig } from '../rig/rig.ts';
import { seedBranches, turnId, type Branched, type Landmarks, type Shape } from '../rig/seed-branches.ts';
import { seedThreads, settleTables } from '../rig/seed.ts';

/* Whether a thread gets slower with its branches: one client, one request at a time. */

const SIZES = [100, 10_000, 100_000] as const;
const QUICK_SIZES = [100, 10_000] as const;
const BRANCHES = [1, 10, 1_000] as const;
const SHAPES: readonly Shape[] = ['forks', 'chain'];
const TOKENS = 20;
/** Requests in a row in one thread. */
const BLOCK = 10;
/** What is as good as flat on a machine that does other things too. */
const FLAT = 2;

interface Case extends Branched, Landmarks {}

interface Question {
  readonly measure: string;
  readonly request: (of: Case) => Pick<Job, 'method' | 'path' | 'body'>;
  readonly until: keyof Pick<Timing, 'openedAt' | 'endedAt'>;
}

const MESSAGES = '/chat/threads/{thread}/messages';
const read = (measure: string, query: (of: Case) => string): Question => ({
  measure,
  request: (of) => ({ method: 'GET', path: `${MESSAGES}${query(of)}` }),
  until: 'endedAt',
});
/** The head of the answer comes when the message is stored. */
const post = (measure: string, message: (of: Case) => object): Question => ({
  measure,
  request: (of) => ({
    method: 'POST',
    path: `${MESSAGES}/stream`,
    body: JSON.stringify({ ...message(of), options: { rag: false } }),
  }),
  until: 'openedAt',
});

const QUESTIONS: readonly Question[] = [
  read('First page of a thread’s messages', () => ''),
  read('Newest page of a thread’s messages', () => '?order=desc'),
  read('Newest page of another branch', ({ thread, other }) => `?order=desc&branch=${turnId(thread, other)}`),
  post('A message accepted', () => ({ content: CONTENT })),
  post('A message answered once more', ({ thread, head }) => ({ regenerate: turnId(thread, head) })),
];

export async function measureBranches(rig: Rig, { isQuick }: Effort): Promise<Result> {
  const cases = await seed(rig, isQuick ? QUICK_SIZES : SIZES);
  await rig.standIn.ask('plan', { tokens: TOKENS, gapMs: null, delayMs: 0 });
  const times = QUESTIONS.map(() => cases.map((): number[] => []));
  // Everything takes turns, so that noise meets it all; the first block warms up and is forgotten.
  for (let block = 0; block <= (isQuick ? 1 : 4); block += 1) {
    for (const [number, question] of QUESTIONS.entries()) {
      for (const [index, one] of cases.entries()) {
        const found = await ask(rig, question, one);
        if (block > 0) times[number]![index]!.push(...found);
      }
    }
  }
  const medians = times.map((byCase) => byCase.map(median));
  const rows = QUESTIONS.flatMap(({ measure }, number) =>
    SHAPES.map((shape) => rowOf(measure, shape, cases, medians[number]!)),
  );
  return {
    rows: rows.map(({ row }) => row),
    details: QUESTIONS.map(({ measure }, number) => ({
      measure,
      cases: cases.map((one, index) => ({ ...one, milliseconds: medians[number]![index] })),
    })),
    notes: rows.flatMap(({ row, most }) =>
      most > FLAT ? [`**Not flat:** ${row.measure} takes up to ${show(most)} times as long.`] : [],
    ),
  };
}

/** Each time as a multiple of that in the smallest thread of one branch. */
function rowOf(measure: string, shape: Shape, cases: readonly Case[], medians: readonly number[]) {
  const shown = cases.flatMap((one, index) =>
    one.shape === shape || one.branches === 1 ? [{ ...one, ratio: medians[index]! / medians[0]! }] : [],
  );
  const most = Math.max(...shown.map(({ ratio }) => ratio));
  const sizes = [...new Set(shown.map(({ messages }) => messages))];
  const ratios = sizes.map((size) =>
    shown
      .filter(({ messages }) => messages === size)
      .map(({ ratio }) => show(ratio))
      .join(' · '),
  );
  const counts = BRANCHES.map((count) => count.toLocaleString('en-GB')).join(' · ');
  const named = sizes.map((size) => size.toLocaleString('en-GB')).join(' / ');
  const how = shape === 'forks' ? 'all from one turn' : 'each from the one before';
  const row: Row = {
    measure: `${measure}, ${named} messages, ${counts} branches, ${how}`,
    threadline: `${ratios.join(' / ')} ×`,
    pipe: '',
    compared: `${show(medians[0]!)} ms in the smallest, at most ${show(most)} ×`,
  };
  return { row, most };
}

async function seed(rig: Rig, sizes: readonly number[]): Promise<Case[]> {
  const { client } = (await rig.threadline()).database;
  const cases: Case[] = [];
  for (const messages of sizes) {
    for (const count of BRANCHES) {
      for (const shape of count === 1 ? SHAPES.slice(0, 1) : SHAPES) {
        // Each branch that others go back to has a turn of the shown line at least.
        const branches = shape === 'chain' ? Math.min(count, messages / 4) : count;
        const branched = { thread: await rig.threads(1), messages, branches, shape };
        await seedThreads(client, USER, branched.thread, 1);
        cases.push({ ...branched, ...(await seedBranches(client, branched)) });
      }
    }
  }
  await settleTables(client);
  return cases;
}

/** How long each of a block of requests took, in milliseconds. */
async function ask(rig: Rig, { request, until }: Question, one: Case): Promise<number[]> {
  const server = await rig.threadline();
  const asked = request(one);
  const isTurn = asked.method === 'POST';
  await rig.load.ask('start', {
    ...asked,
    port: server.port,
    token: await server.tokenFor(USER),
    firstThread: one.thread,
    sameThread: true,
    requests: BLOCK,
    lanes: 1,
    tokens: isTurn ? TOKENS : 0,
    marksPerToken: isTurn ? 3 : 0,
    counts: isTurn,
    record: true,
  });
  const timings = await rig.load.ask('finish');
  await rig.counters();
  return timings.map((timing) => timing[until] - timing.sentAt);
}
