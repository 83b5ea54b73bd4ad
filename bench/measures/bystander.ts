import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bystander, Seen } from '../rig/bystander.ts';
import { pinFamily } from '../rig/cores.ts';
import { quantile, show } from '../rig/numbers.ts';
import type { RepeatingProvider } from '../rig/repeating-provider.ts';
import type { Effort, Result } from '../rig/result.ts';
import type { Rig } from '../rig/rig.ts';
import { Threadline } from '../rig/threadline.ts';
import { Worker } from '../rig/worker.ts';
import { WORST_CASES, type WorstCase } from './worst-cases.ts';

/* How long somebody waits for a page of threads while somebody else does his worst. */

/** What nobody should have to wait longer than, in milliseconds. */
const MOST_MS = 250;
/** Ingestion and indexing go on after what was asked for is answered. */
const BACKGROUND_MS = 20_000;
const IDLE_MS = 3_000;
/** The bystander goes on for so long: what was begun may still be worked on. */
const AFTER_MS = 2_000;

export async function measureBystander(rig: Rig, { isQuick, only = '' }: Effort): Promise<Result> {
  await rig.recover();
  const dataDir = await mkdtemp(join(tmpdir(), 'threadline-bystander-'));
  await chmod(dataDir, 0o711);
  const provider = await Worker.start<RepeatingProvider>('repeating-provider');
  const bystander = await Worker.start<Bystander>('bystander');
  const server = await Threadline.start({
    providerPort: await provider.ask('listen'),
    dataDir,
    databaseUrl: undefined,
    environment: { MAX_CONCURRENT_TURNS: '5', MAX_STREAMS_PER_USER: '100' },
  });
  try {
    const idle = await watched(server, bystander, () => sleep(IDLE_MS));
    const named = WORST_CASES.filter(({ name }) => name.includes(only));
    const cases = isQuick ? named.slice(0, 3) : named;
    const seen: Record<string, Seen> = {};
    for (const worst of cases) {
      console.error(`  ${worst.name}`);
      seen[worst.name] = await during(server, bystander, worst);
    }
    return report(idle, seen);
  } finally {
    await bystander.stop();
    await server.stop();
    await provider.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function during(server: Threadline, bystander: Worker<Bystander>, worst: WorstCase): Promise<Seen> {
  const token = await server.tokenFor(`worst of ${worst.name}`);
  const client = { port: server.port, token, database: server.database.client, backgroundMs: BACKGROUND_MS };
  const attack = await worst.prepare(client);
  if (server.database.postmaster !== undefined) pinFamily(server.database.postmaster);
  return watched(server, bystander, async () => {
    await attack();
    await sleep(AFTER_MS);
  });
}

async function watched(
  server: Threadline,
  bystander: Worker<Bystander>,
  meanwhile: () => Promise<unknown>,
): Promise<Seen> {
  await bystander.ask('start', { port: server.port, token: await server.tokenFor('bystander') });
  await sleep(200);
  await meanwhile();
  return bystander.ask('finish');
}

function report(idle: Seen, seen: Readonly<Record<string, Seen>>): Result {
  const row = (name: string, { times, failures }: Seen) => ({
    measure: `A bystander’s page of threads ${name}`,
    threadline: `p50 ${show(quantile(times, 0.5))} ms, p99 ${show(quantile(times, 0.99))} ms, most ${show(Math.max(...times))} ms`,
    pipe: '',
    compared:
      failures.length === 0 ? `${times.length} answers` : `**${failures.length} of ${times.length} failed**`,
  });
  const late = Object.entries(seen).filter(
    ([, { times, failures }]) => failures.length > 0 || Math.max(...times) > MOST_MS,
  );
  return {
    rows: [
      row('when nothing else happens', idle),
      ...Object.entries(seen).map(([name, one]) => row(name, one)),
    ],
    details: { idle, seen },
    notes: late.map(
      ([name]) => `**A bystander waited longer than ${MOST_MS} ms, or got no answer, ${name}.**`,
    ),
  };
}
