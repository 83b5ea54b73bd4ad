import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Bystander, Seen } from '../rig/bystander.ts';
import { quantile, show } from '../rig/numbers.ts';
import { residentKilobytes } from '../rig/proc.ts';
import type { RepeatingProvider } from '../rig/repeating-provider.ts';
import type { Effort, Result } from '../rig/result.ts';
import type { Rig } from '../rig/rig.ts';
import { Threadline } from '../rig/threadline.ts';
import { costOf } from '../rig/window.ts';
import { Worker } from '../rig/worker.ts';

/* How long somebody waits for a page of threads while models' programs take all that they may have. */

const ENTRY = fileURLToPath(new URL('../rig/sandbox-server.ts', import.meta.url));
/** What nobody should have to wait longer than, as a multiple of what it takes without. */
const MOST_TIMES = 1.5;

interface Stretch extends Seen {
  /** Share of the server's core that its process used. */
  readonly busy: number;
  readonly residentMegabytes: number;
}

export async function measureSandbox(rig: Rig, { isQuick }: Effort): Promise<Result> {
  const [rounds, stretchMs] = isQuick ? [1, 4_000] : [5, 12_000];
  await rig.recover();
  const dataDir = await mkdtemp(join(tmpdir(), 'threadline-sandbox-'));
  await chmod(dataDir, 0o711);
  const provider = await Worker.start<RepeatingProvider>('repeating-provider');
  const bystander = await Worker.start<Bystander>('bystander');
  const server = await Threadline.start({
    providerPort: await provider.ask('listen'),
    dataDir,
    databaseUrl: undefined,
    entry: ENTRY,
  });
  const without: Stretch[] = [];
  const during: Stretch[] = [];
  try {
    await watched(server, bystander, 2_000);
    for (let round = 0; round < rounds; round += 1) {
      without.push(await watched(server, bystander, stretchMs));
      process.kill(server.pid, 'SIGUSR2');
      await sleep(1_000);
      during.push(await watched(server, bystander, stretchMs));
      process.kill(server.pid, 'SIGUSR2');
      await sleep(1_000);
    }
  } finally {
    await bystander.stop();
    await server.stop();
    await provider.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
  return report(without, during);
}

async function watched(server: Threadline, bystander: Worker<Bystander>, ms: number): Promise<Stretch> {
  await bystander.ask('start', { port: server.port, token: await server.tokenFor('bystander') });
  const { busy } = await costOf(server.pid, undefined, () => sleep(ms));
  const residentMegabytes = residentKilobytes(server.pid) / 1_024;
  return { ...(await bystander.ask('finish')), busy, residentMegabytes };
}

function report(without: readonly Stretch[], during: readonly Stretch[]): Result {
  const p99 = (stretches: readonly Stretch[]) =>
    quantile(
      stretches.flatMap(({ times }) => times),
      0.99,
    );
  const times = p99(during) / p99(without);
  const failures = [...without, ...during].flatMap((stretch) => stretch.failures);
  const isIdle = during.some(({ busy }) => busy < 0.5);
  return {
    rows: [
      row('when nothing else happens', without, ''),
      row('while programs take what they can', during, `${show(times)} × the p99 without`),
    ],
    details: { without, during },
    notes: [
      ...(times > MOST_TIMES
        ? [`**A page took more than ${MOST_TIMES} × as long (p99) beside programs.**`]
        : []),
      ...(failures.length > 0 ? [`**${failures.length} pages failed, the first: ${failures[0]}.**`] : []),
      ...(isIdle ? ['**The programs left half of the core idle: they took less than they could.**'] : []),
    ],
  };
}

function row(name: string, stretches: readonly Stretch[], compared: string) {
  const times = stretches.flatMap((stretch) => stretch.times);
  const busy = Math.max(...stretches.map((stretch) => stretch.busy));
  const resident = Math.max(...stretches.map((stretch) => stretch.residentMegabytes));
  return {
    measure: `A page of threads ${name}`,
    threadline: `p50 ${show(quantile(times, 0.5))} ms, p99 ${show(quantile(times, 0.99))} ms, most ${show(Math.max(...times))} ms`,
    pipe: '',
    compared: [compared, `core ${show(busy * 100)} % busy, ${show(resident)} MB resident`]
      .filter((part) => part !== '')
      .join('; '),
  };
}
