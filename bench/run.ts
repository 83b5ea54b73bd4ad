import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureBranches } from './measures/branches.ts';
import { measureBurst } from './measures/burst.ts';
import { measureBystander } from './measures/bystander.ts';
import { measureCalls } from './measures/calls.ts';
import { measureFirstToken } from './measures/first-token.ts';
import { measureGrowth } from './measures/growth.ts';
import { measureHeap } from './measures/heap.ts';
import { measureLargeResults } from './measures/large-results.ts';
import { measureLone } from './measures/lone.ts';
import { measureMcp } from './measures/mcp.ts';
import { measureMemory } from './measures/memory.ts';
import { measureProviders } from './measures/providers.ts';
import { measureSandbox } from './measures/sandbox.ts';
import { measureShort } from './measures/short.ts';
import { measureStatements } from './measures/statements.ts';
import { measureTokens } from './measures/tokens.ts';
import { measureToolRounds } from './measures/tool-rounds.ts';
import { measureTurns } from './measures/turns.ts';
import { measureWaiting } from './measures/waiting.ts';
import { isPinned } from './rig/cores.ts';
import { coreSeconds } from './rig/proc.ts';
import { Profiles } from './rig/profiles.ts';
import { markdown } from './rig/report.ts';
import type { Effort, Result } from './rig/result.ts';
import { Rig } from './rig/rig.ts';

/* node bench/run.ts [--quick] [--profile] [--only WORDS] [tokens] [lone] [first-token] [burst] [short] [calls] [providers]
   [memory] [turns] [growth] [statements] [branches] [waiting] [bystander] [sandbox] [tool-rounds] [large-results] [mcp]
   [heap]; see bench/README.md. */

const PROFILES = fileURLToPath(new URL('./last-profiles/', import.meta.url));

type Measure = (rig: Rig, effort: Effort) => Promise<Result>;

const MEASURES: Readonly<Record<string, Measure>> = {
  tokens: measureTokens,
  lone: measureLone,
  'first-token': measureFirstToken,
  burst: measureBurst,
  short: measureShort,
  calls: measureCalls,
  providers: measureProviders,
  memory: measureMemory,
  turns: measureTurns,
  growth: measureGrowth,
  statements: measureStatements,
  branches: measureBranches,
  waiting: measureWaiting,
  bystander: measureBystander,
  sandbox: measureSandbox,
  'tool-rounds': measureToolRounds,
  'large-results': measureLargeResults,
  mcp: measureMcp,
};

/** Not part of a run that names none: they say where a cost is, not how large. */
const INSIGHTS: Readonly<Record<string, Measure>> = { heap: measureHeap };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(MEASURES);
  const measures = { ...MEASURES, ...INSIGHTS };
  const unknown = names.filter((name) => !(name in measures));
  if (unknown.length > 0) {
    throw new Error(
      `There is no measure called ${unknown.join(', ')}. There are ${Object.keys(measures).join(', ')}.`,
    );
  }
  if (process.platform !== 'linux') {
    throw new Error('The bench reads /proc, so it runs on Linux only. Run it in a container.');
  }
  const othersBusy = await busyWithOthers();
  const started = performance.now();
  const profiles = values.profile ? new Profiles(PROFILES) : undefined;
  const rig = await Rig.start(process.env['DATABASE_URL'], {
    profiles,
    isObserved: names.some((name) => name in INSIGHTS),
  });
  const stop = async () => {
    await rig.stop();
    process.exit(130);
  };
  process.once('SIGINT', () => void stop()).once('SIGTERM', () => void stop());
  const results: Record<string, Result> = {};
  try {
    for (const name of names) {
      console.error(`${name} …`);
      profiles?.begin(name);
      results[name] = await measures[name]!(rig, { isQuick: values.quick, only: values.only }).catch(
        async (error: unknown) => {
          console.error(error);
          process.exitCode = 1;
          await rig.recover();
          return failed(name, error);
        },
      );
    }
  } finally {
    await rig.stop();
  }
  const seconds = Math.round((performance.now() - started) / 1_000);
  if (profiles !== undefined) console.log(`${profiles.markdown()}\n`);
  publish({ ...about(), othersBusy, quick: values.quick, seconds, results });
}

/** What is left of a measure that could not be finished; the others are worth their time. */
function failed(name: string, error: unknown): Result {
  return { rows: [], details: { error: String(error) }, notes: [`**${name} failed:** ${String(error)}`] };
}

async function busyWithOthers(): Promise<number> {
  const before = coreSeconds();
  await sleep(2_000);
  return (coreSeconds() - before) / 2 / availableParallelism();
}

function about() {
  return {
    at: new Date().toISOString(),
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    pinned: isPinned(),
    database: process.env['DATABASE_URL'] === undefined ? 'embedded' : 'DATABASE_URL',
  };
}

function publish(run: Parameters<typeof markdown>[0]): void {
  const file = new URL('./last-run.json', import.meta.url);
  writeFileSync(file, `${JSON.stringify(run, null, 2)}\n`);
  console.log(markdown(run));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
