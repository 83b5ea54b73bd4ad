import { quantile, show } from '../rig/numbers.ts';
import type { Effort, Result, Row } from '../rig/result.ts';
import type { Rig } from '../rig/rig.ts';
import type { Plan } from '../rig/stand-in.ts';
import type { Subject } from '../rig/subject.ts';

/* Time to the first token when many turns begin at the same instant. */

const TURNS = 50;
const PAUSE_MS = 250;
const plan: Plan = { tokens: 3, gapMs: 2, delayMs: 10 };

const NAMES = ['direct', 'pipe', 'naive', 'gateway', 'threadline'] as const;
type Name = (typeof NAMES)[number];
/** Milliseconds from a request to its first token. */
type Times = Record<Name, number[]>;

export async function measureBurst(rig: Rig, { isQuick }: Effort): Promise<Result> {
  const times: Times = { direct: [], pipe: [], naive: [], gateway: [], threadline: [] };
  const [rounds, waves] = isQuick ? [1, 3] : [4, 8];
  for (let round = 0; round < rounds; round += 1) {
    for (const name of NAMES) times[name].push(...(await bursts(rig, await rig.subject(name), waves)));
  }
  return {
    rows: [rowOf('threadline', 'a stored turn', times), rowOf('gateway', '`/v1`', times)],
    details: Object.fromEntries(NAMES.map((name) => [name, summary(times[name])])),
    notes: [],
  };
}

/** The first wave opens the connections and is forgotten. */
async function bursts(rig: Rig, subject: Subject, waves: number): Promise<number[]> {
  const shape = { requests: TURNS * (waves + 1), lanes: TURNS, counts: true, record: true };
  const job = await rig.streamJob(subject, plan, { ...shape, togetherMs: PAUSE_MS });
  const timings = await rig.profiled(subject, async () => {
    await rig.load.ask('start', job);
    return rig.load.ask('finish');
  });
  await rig.counters();
  return timings.slice(TURNS).map(({ sentAt, firstTokenAt = NaN }) => firstTokenAt - sentAt);
}

const summary = (times: readonly number[]) => ({
  tries: times.length,
  p50: quantile(times, 0.5),
  p99: quantile(times, 0.99),
});

function rowOf(name: 'threadline' | 'gateway', words: string, times: Times): Row {
  // What the provider and the clients themselves need for so many at once is no server's doing.
  const added = (of: Name, share: number) => quantile(times[of], share) - quantile(times.direct, share);
  const line = (of: Name) => `p50 ${show(added(of, 0.5))} ms, p99 ${show(added(of, 0.99))} ms`;
  return {
    measure: `Time to first token added to a direct call, ${TURNS} at the same instant, ${words}`,
    threadline: line(name),
    pipe: line('pipe'),
    naive: line('naive'),
    compared: `${show(added(name, 0.5) / added('naive', 0.5))} × naive`,
  };
}
