import { startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { emptyDatabase } from '../setup/test-database.js';
import { Cluster } from '../support/cluster.js';
import { formerRelease } from '../support/former-release.js';
import { inParallel, spread, Problems, type Outcome, type Telling } from './outcome.js';
import { seeded } from './random.js';
import { Stored } from './stored.js';
import { branchProblems, contentProblems, lineProblems } from './upgrade-checks.js';
import { handOver, WAYS } from './upgrade-hand-overs.js';
import { newVersionProblems } from './upgrade-versions.js';
import { UpgradeStage, type SharedThread } from './upgrade-stage.js';

export interface UpgradeOptions extends Telling {
  /** Threads that are there, with some turns, before the new release starts. */
  readonly backlog: number;
  /** Threads that are posted to without a pause while it starts and migrates. */
  readonly busy: number;
  /** Turns that change hands in each of the four ways. */
  readonly turns: number;
  readonly seed: number;
}

/** The former release makes the database, this one joins it under load, turns go to and fro, the former one leaves and comes back. */
export async function rollingUpgrade(options: UpgradeOptions): Promise<Outcome> {
  const { say = () => undefined } = options;
  const standIn = await startOpenAiStandIn();
  const database = await emptyDatabase();
  const { connectionString } = database;
  const environment = { SHUTDOWN_GRACE_MS: '300', DATABASE_POOL_SIZE: '6' };
  const cluster = await Cluster.start({ roles: [], standIn, environment, connectionString });
  const stored = new Stored(connectionString);
  const problems = new Problems(say);
  const stage = new UpgradeStage(standIn, cluster, stored, seeded(options.seed), problems, formerRelease());
  const { threads } = stage;
  try {
    const joined = await join(stage, options);
    say(`both are up: ${problems.count} problems`);
    for (const release of ['this', 'former'] as const) await toAndFro(stage, release);
    const turnsTakenOver: number[] = [];
    for (const way of WAYS) {
      turnsTakenOver.push(...(await handOver(stage, way, options.turns)));
      say(`turns of ${way.release} release after ${way.signal}: ${problems.count} problems`);
    }
    problems.add(...(await newVersionProblems(stage)));
    await stage.end('former', 'SIGTERM');
    await settle(stage);
    for (const thread of threads)
      if (thread.said.length > 1) problems.add(...(await branchProblems(stage, thread)));
    say(`the former release is gone: ${problems.count} problems`);
    await backAndForth(stage);
    return {
      figures: {
        seed: options.seed,
        threads: threads.length,
        ...joined,
        'turns handed over': turnsTakenOver.length,
        'end of a process to the end of its turns': spread(turnsTakenOver),
      },
      problems: problems.all,
    };
  } catch (error) {
    // What the processes said tells more than what did not come.
    throw new Error(`${(error as Error).message}\n${cluster.output()}`, { cause: error });
  } finally {
    await stage.leave();
    await stored.close();
    await cluster.close();
    await database.drop();
    await standIn.close();
  }
}

/** This release starts, and migrates, while the former one answers. */
async function join(
  stage: UpgradeStage,
  { backlog, busy }: UpgradeOptions,
): Promise<Record<string, string | number>> {
  await stage.start('former');
  await inParallel(Array.from({ length: backlog }), 4, async (_, index) => {
    const thread = await stage.newThread('former', { isGuided: index % 3 === 2 });
    for (let turns = 1 + (index % 2); turns > 0; turns -= 1) await stage.say(thread, 'former');
  });
  const long = await stage.newThread('former', { isGuided: false });
  const answered = stage.say(long, 'former', { tokens: 150, delay: 20 });
  let isUp = false;
  let turns = 0;
  const load = inParallel(Array.from({ length: busy }), busy, async () => {
    const thread = await stage.newThread('former', { isGuided: false });
    while (!isUp) {
      await stage.say(thread, 'former');
      turns += 1;
    }
  });
  const startedAt = performance.now();
  await stage.start('this').finally(() => (isUp = true));
  const upAfter = Math.round(performance.now() - startedAt);
  await Promise.all([load, answered]);
  return { 'turns while it migrated': turns, 'up after': `${upAfter} ms` };
}

/** Every thread that is there is continued by the release, and one of its own by both. */
async function toAndFro(stage: UpgradeStage, release: 'former' | 'this'): Promise<void> {
  const threads = stage.threads.filter(({ isGuided, said }) => !isGuided || said.length < 3);
  await inParallel(threads, 4, (thread) => stage.say(thread, release));
  const own = await stage.newThread(release, { isGuided: false });
  for (const by of [release, 'former', 'this', 'former'] as const) await stage.say(own, by);
}

/** When all is quiet, every thread is one line, and says so to whoever asks or watched. */
async function settle(stage: UpgradeStage): Promise<void> {
  await inParallel(stage.threads, 8, async (thread) => {
    await stage.quiet(thread);
    await Promise.all(thread.watchers.map((watcher) => watcher.stop()));
    stage.problems.add(...(await lineProblems(stage, thread)));
  });
}

/** The former release alone again, which goes on with lines and with branches, and this one after it. */
async function backAndForth(stage: UpgradeStage): Promise<void> {
  const threads: readonly SharedThread[] = stage.threads.filter(({ isGuided }) => !isGuided).slice(0, 6);
  await stage.end('this', 'SIGTERM');
  await stage.start('former');
  for (const thread of threads) await stage.say(thread, 'former');
  await stage.end('former', 'SIGTERM');
  await stage.start('this');
  for (const thread of threads) {
    await stage.say(thread, 'this');
    const tree = await stage.stored.tree(thread.id);
    const last = tree.slice(-2);
    const line = tree.filter(({ branch }) => branch === 0);
    // What was begun besides is one turn; all others are the line, which the two new ones end.
    if (line.length !== tree.length - 1 || last.some(({ branch }) => branch !== 0))
      stage.problems.add(`${thread.id}: after a way back its turns are ${JSON.stringify(tree)}`);
    line.forEach(({ parent_turn_id }, index) => {
      if (parent_turn_id !== (line[index - 1]?.id ?? null))
        stage.problems.add(
          `${thread.id}: after a way back turn ${index + 1} does not follow the one before it`,
        );
    });
    stage.problems.add(...(await contentProblems(stage, thread)));
  }
}
