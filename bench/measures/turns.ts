import { setTimeout as sleep } from 'node:timers/promises';
import { median, quantile, show } from '../rig/numbers.ts';
import type { Effort, Result } from '../rig/result.ts';
import type { Rig } from '../rig/rig.ts';
import type { Plan } from '../rig/stand-in.ts';
import type { Window } from '../rig/window.ts';

/* Turns stored per second: short answers that come at once, fifty clients, one process. */

const plan: Plan = { tokens: 20, gapMs: null, delayMs: 0 };
const LANES = 50;
const WAYS = ['whole', 'streamed'] as const;
type Way = (typeof WAYS)[number];

interface Round extends Window {
  /** Of the clients' requests, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export async function measureTurns(rig: Rig, { isQuick }: Effort): Promise<Result> {
  const rounds: Record<Way, Round[]> = { whole: [], streamed: [] };
  await measured(rig, 'streamed', 1_000);
  for (let round = 0; round < (isQuick ? 1 : 2); round += 1) {
    for (const way of WAYS) rounds[way].push(await measured(rig, way, isQuick ? 2_000 : 5_000));
  }
  const row = (way: Way, measure: string) => ({
    measure,
    threadline: `${show(median(rounds[way].map(perSecond)))}/s`,
    pipe: '',
    compared: costs(rounds[way]),
  });
  return {
    rows: [
      row('whole', `Turns stored, ${LANES} clients, answer in one piece`),
      row('streamed', `Turns stored, ${LANES} clients, answer streamed`),
    ],
    details: { lanes: LANES, tokensPerAnswer: plan.tokens, ...rounds },
    notes: [],
  };
}

const perSecond = ({ answers, seconds }: Window) => answers / seconds;

function costs(rounds: readonly Round[]): string {
  const cost = median(rounds.map(({ processorSeconds, answers }) => (processorSeconds * 1_000) / answers));
  const parts = [`${show(cost)} ms CPU a turn`];
  const database = rounds.flatMap(({ databaseSeconds, answers }) =>
    databaseSeconds === undefined ? [] : [(databaseSeconds * 1_000) / answers],
  );
  if (database.length > 0) parts.push(`Postgres ${show(median(database))} ms`);
  parts.push(`p50 ${show(median(rounds.map(({ p50 }) => p50)))} ms`);
  parts.push(`core ${Math.round(median(rounds.map(({ busy }) => busy)) * 100)} % busy`);
  return parts.join(', ');
}

async function measured(rig: Rig, way: Way, milliseconds: number): Promise<Round> {
  const subject = await rig.subject('threadline');
  const requests = 20_000;
  const shape = { requests, lanes: LANES, rampMs: 200, record: true, counts: true };
  const job = way === 'streamed' ? rig.streamJob(subject, plan, shape) : rig.wholeJob(subject, plan, shape);
  await rig.load.ask('start', await job);
  await sleep(1_000);
  const window = await rig.window(subject, milliseconds);
  const timings = await rig.load.ask('drain');
  await rig.counters();
  const latencies = timings.map(({ sentAt, endedAt }) => endedAt - sentAt);
  return { ...window, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}
