import { setTimeout as sleep } from 'node:timers/promises';
import type { CountedServer } from '../rig/counted-server.ts';
import { median, show } from '../rig/numbers.ts';
import { planOf, type Plan } from '../rig/plan.ts';
import { processorSeconds, residentKilobytes } from '../rig/proc.ts';
import type { Effort, Result, Row } from '../rig/result.ts';
import { USER, type Rig } from '../rig/rig.ts';
import { seedWaiting } from '../rig/seed-waiting.ts';
import { seedThreads } from '../rig/seed.ts';

/* What turns that wait for people cost a server that has nothing else to do, beside one that has none. */

const WAITING = 10_000;
/** What the server looks for every few seconds, with values as it gives them. */
const POLLS = {
  'input_store.due': ['100'],
  'turn_store.claim_expired': [`'00000000-0000-7000-8000-000000000000'`, '20', '3', '30000'],
} as const;

interface Idle {
  readonly residentKilobytes: number;
  /** The rest: each second. */
  readonly statements: number;
  readonly milliseconds: number;
  readonly databaseMilliseconds: number;
}

interface Measured {
  readonly windows: readonly Idle[];
  readonly plans: Readonly<Record<string, Plan>>;
}

export async function measureWaiting(rig: Rig, { isQuick }: Effort): Promise<Result> {
  const [settleMs, windowMs, windows] = isQuick ? [3_000, 5_000, 1] : [15_000, 20_000, 4];
  const none = await rig.countedServer();
  const servers = [none];
  try {
    const many = await rig.countedServer();
    servers.push(many);
    const { client } = many.threadline.database;
    const first = await rig.threads(WAITING);
    await seedThreads(client, USER, first, WAITING);
    await seedWaiting(client, USER, first, WAITING);
    // Both in new processes, over what is there.
    for (const server of servers) await server.restart();
    await sleep(settleMs);
    const found = servers.map((): Idle[] => []);
    for (let window = 0; window < windows; window += 1) {
      const seen = await Promise.all(servers.map((server) => watched(server, windowMs)));
      for (const [index, idle] of seen.entries()) found[index]!.push(idle);
    }
    await stillWaiting(many);
    return report(
      { windows: found[0]!, plans: await plansOf(none) },
      { windows: found[1]!, plans: await plansOf(many) },
    );
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function watched(server: CountedServer, milliseconds: number): Promise<Idle> {
  const { pid } = server.threadline;
  const read = async () => [processorSeconds(pid), await server.sessionSeconds()] as const;
  await server.counter.ask('take');
  const [began, before] = [performance.now(), await read()];
  await sleep(milliseconds);
  const after = await read();
  const seconds = (performance.now() - began) / 1_000;
  const statements = Object.values(await server.counter.ask('take'));
  return {
    residentKilobytes: residentKilobytes(pid),
    statements: statements.reduce((sum, each) => sum + each, 0) / seconds,
    milliseconds: ((after[0] - before[0]) * 1_000) / seconds,
    databaseMilliseconds: ((after[1] - before[1]) * 1_000) / seconds,
  };
}

/** Otherwise nothing has been measured: a server that took them for abandoned would have ended them. */
async function stillWaiting({ threadline }: CountedServer): Promise<void> {
  const { rows } = await threadline.database.client.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM turns WHERE status = 'waiting'`,
  );
  if (rows[0]?.waiting !== WAITING) throw new Error(`only ${rows[0]?.waiting} turns wait still`);
}

async function plansOf({ threadline }: CountedServer): Promise<Record<string, Plan>> {
  const plans: Record<string, Plan> = {};
  for (const [name, values] of Object.entries(POLLS)) {
    plans[name] = await planOf(threadline.database.client, name, values);
  }
  return plans;
}

function report(none: Measured, many: Measured): Result {
  const count = WAITING.toLocaleString('en-GB');
  const row = (measure: string, unit: string, value: (of: Measured) => number): Row => ({
    measure: `${measure}, ${count} turns waiting`,
    threadline: `${show(value(many))}${unit}`,
    pipe: '',
    compared: `none waiting ${show(value(none))}${unit}: ${show(value(many) / value(none))} ×`,
  });
  const middle = (name: keyof Idle) => (of: Measured) => median(of.windows.map((each) => each[name]));
  const polls = Object.keys(POLLS);
  return {
    rows: [
      row('Memory of an idle server', ' kB', middle('residentKilobytes')),
      row('Statements a second of an idle server', '', middle('statements')),
      row('CPU a second of an idle server', ' ms', middle('milliseconds')),
      row('CPU a second of its database sessions', ' ms', middle('databaseMilliseconds')),
      ...polls.map((name) => row(`Pages that \`${name}\` reads`, '', ({ plans }) => plans[name]!.pages)),
    ],
    details: { waiting: WAITING, none, many },
    notes: polls.flatMap((name) =>
      many.plans[name]!.wholeTables.map((table) => `**\`${name}\` reads all of ${table}.**`),
    ),
  };
}
