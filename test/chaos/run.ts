import globalSetup from '../setup/global-setup.js';
import globalTeardown from '../setup/global-teardown.js';
import { anySeed } from './random.js';
import { SCENARIOS } from './scenarios.js';
import type { Outcome } from './outcome.js';

/* node --import ./test/setup/typescript-hooks.mjs test/chaos/run.ts [name …]; CHAOS_SEED repeats a run. */

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in SCENARIOS));
  if (unknown.length > 0)
    throw new Error(
      `There is no scenario called ${unknown.join(', ')}. There are ${Object.keys(SCENARIOS).join(', ')}.`,
    );
  const seed = anySeed();
  console.log(`seed ${seed}`);
  await globalSetup(undefined, { rootDir: process.cwd() });
  try {
    for (const name of names.length > 0 ? names : Object.keys(SCENARIOS)) {
      const started = performance.now();
      console.log(`\n## ${name}\n`);
      const outcome = await SCENARIOS[name]!(seed, (line) => console.error(line)).catch(failed);
      print(outcome, (performance.now() - started) / 1_000);
      if (outcome.problems.length > 0) process.exitCode = 1;
    }
  } finally {
    await globalTeardown();
  }
}

function failed(error: unknown): Outcome {
  return { figures: {}, problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
}

function print({ figures, problems }: Outcome, seconds: number): void {
  const rows = Object.entries({ ...figures, seconds: Math.round(seconds), problems: problems.length });
  console.log(
    ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n'),
  );
  for (const problem of problems.slice(0, 20)) console.log(`- **${problem}**`);
}

main(process.argv.slice(2)).then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
