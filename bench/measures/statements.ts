import { setTimeout as sleep } from 'node:timers/promises';
import type { CountedServer } from '../rig/counted-server.ts';
import { median, show } from '../rig/numbers.ts';
import { processorSeconds } from '../rig/proc.ts';
import type { Effort, Result, Row } from '../rig/result.ts';
import { CONTENT } from '../rig/requests.ts';
import { USER, type Rig } from '../rig/rig.ts';
import { seedThreads } from '../rig/seed.ts';
import { formerRelease, hasFormerRelease } from '../../test/support/former-release.ts';

/* What a plain turn asks of the database and costs the server, beside the same turn of the former release. */

const TOKENS = 20;
/** Statements that come later belong to no turn. */
const AFTER_MS = 300;

interface Cost {
  /** Of the server, a turn. */
  readonly milliseconds: number;
  /** Of its database's sessions, a turn. */
  readonly databaseMilliseconds: number;
}

interface Measured {
  readonly statements: Readonly<Record<string, number>>;
  readonly costs: readonly Cost[];
}

export async function measureStatements(rig: Rig, { isQuick }: Effort): Promise<Result> {
  await rig.standIn.ask('plan', { tokens: TOKENS, gapMs: null, delayMs: 0 });
  const servers = [await rig.countedServer()];
  try {
    if (hasFormerRelease()) servers.push(await rig.countedServer(formerRelease()));
    const [now, former] = await compare(rig, servers, isQuick);
    return report(now!, former);
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function compare(rig: Rig, servers: readonly CountedServer[], isQuick: boolean): Promise<Measured[]> {
  const [warm, counted, each, rounds] = isQuick ? [100, 50, 100, 1] : [600, 200, 300, 9];
  const found = servers.map(() => ({ statements: {}, costs: [] as Cost[] }));
  for (const [index, server] of servers.entries()) {
    await turns(rig, server, warm, 20);
    found[index]!.statements = await statementsOf(rig, server, counted);
  }
  for (let round = 0; round < rounds; round += 1) {
    // Each comes first as often as the other.
    for (const index of round % 2 === 0 ? servers.keys() : [...servers.keys()].toReversed()) {
      found[index]!.costs.push(await costOf(rig, servers[index]!, each));
    }
  }
  return found;
}

/** How often each statement is sent, a turn; one client, one turn at a time. */
async function statementsOf(rig: Rig, server: CountedServer, count: number) {
  await server.counter.ask('take');
  await turns(rig, server, count, 1);
  await sleep(AFTER_MS);
  const taken = Object.entries(await server.counter.ask('take'));
  return Object.fromEntries(taken.map(([name, times]) => [name, times / count]));
}

async function costOf(rig: Rig, server: CountedServer, count: number): Promise<Cost> {
  const read = async () => [processorSeconds(server.threadline.pid), await server.sessionSeconds()] as const;
  const before = await read();
  await turns(rig, server, count, 20);
  const after = await read();
  const each = (index: 0 | 1) => ((after[index] - before[index]) * 1_000) / count;
  return { milliseconds: each(0), databaseMilliseconds: each(1) };
}

async function turns(
  rig: Rig,
  { threadline }: CountedServer,
  requests: number,
  lanes: number,
): Promise<void> {
  const firstThread = await rig.threads(requests);
  await seedThreads(threadline.database.client, USER, firstThread, requests);
  await rig.load.ask('start', {
    port: threadline.port,
    method: 'POST',
    path: '/chat/threads/{thread}/messages/stream',
    body: JSON.stringify({ content: CONTENT }),
    token: await threadline.tokenFor(USER),
    firstThread,
    requests,
    lanes,
    tokens: TOKENS,
    marksPerToken: 3,
    counts: true,
  });
  await rig.load.ask('finish');
  await rig.counters();
}

/** What comes with every turn; the rest goes on by itself, however many turns there are. */
const ofTurn = ({ statements }: Measured) =>
  Object.entries(statements)
    .filter(([, times]) => times >= 0.5)
    .map(([name, times]) => [name, Math.round(times)] as const);

const sum = (measured: Measured) => ofTurn(measured).reduce((total, [, times]) => total + times, 0);
const cost = ({ costs }: Measured, of: keyof Cost) => median(costs.map((each) => each[of]));
/** Of rounds that came one after the other, so that what else the machine did meets both. */
const ratio = (now: Measured, former: Measured, of: keyof Cost) =>
  median(now.costs.map((each, round) => each[of] / former.costs[round]![of]));

function report(now: Measured, former: Measured | undefined): Result {
  const costRow = (measure: string, of: keyof Cost): Row => ({
    measure,
    threadline: `${show(cost(now, of))} ms`,
    pipe: '',
    compared:
      former === undefined
        ? ''
        : `former release ${show(cost(former, of))} ms: ${show(ratio(now, former, of))} ×`,
  });
  return {
    rows: [
      {
        measure: 'Statements that a plain turn sends',
        threadline: String(sum(now)),
        pipe: '',
        compared: former === undefined ? '' : `former release ${sum(former)}`,
      },
      costRow('CPU of a plain turn, the server', 'milliseconds'),
      costRow('CPU of a plain turn, its database sessions', 'databaseMilliseconds'),
    ],
    details: { now, former },
    notes: [
      ...(former === undefined
        ? ['The former release is not in this clone, so nothing is compared with it.']
        : []),
      ...(former !== undefined && sum(now) > sum(former)
        ? [
            `**A plain turn sends more statements than before:** ${named(now)}; the former release: ${named(former)}.`,
          ]
        : []),
    ],
  };
}

const named = (measured: Measured) =>
  ofTurn(measured)
    .map(([name, times]) => (times === 1 ? name : `${name} × ${times}`))
    .join(', ');
