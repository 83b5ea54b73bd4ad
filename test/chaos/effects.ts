import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { startEffectsStandIn, type EffectCall, type EffectsStandIn } from '../doubles/effects-stand-in.js';
import { Cluster, type Replica } from '../support/cluster.js';
import { EFFECTS, EFFECTS_URL, wordsOn } from '../support/effects-executor.js';
import { ReplicaClient } from '../support/replica-client.js';
import { threadProblems } from './checks.js';
import { spread, until, Problems, type Outcome, type Telling } from './outcome.js';
import { seeded, type Random } from './random.js';
import { Stored, type StoredEntry } from './stored.js';

export interface EffectsOptions extends Telling {
  readonly kills: number;
  /** Turns that the killed process runs. */
  readonly turns: number;
  readonly seed: number;
  readonly environment?: Record<string, string>;
}

interface Theatre {
  readonly effects: EffectsStandIn;
  readonly cluster: Cluster;
  readonly stored: Stored;
  readonly random: Random;
  readonly options: EffectsOptions;
  readonly problems: Problems;
  readonly wholeAfter: number[];
  /** What was found of each turn. */
  readonly found: EffectsOfTurn[];
}

interface Acting {
  readonly threadId: string;
  readonly turnId: string;
  /** Watch on the other replica, and one that comes from wherever it was. */
  readonly clients: readonly ReplicaClient[];
}

const SUPPORT = join(process.cwd(), 'test', 'support');
const HOOKS = pathToFileURL(join(process.cwd(), 'test', 'setup', 'typescript-hooks.mjs')).href;
const PROGRAM = ['--import', HOOKS, join(SUPPORT, 'effects-process.ts')];
const LONGEST_AFTER_MS = 60;

/** Kills the process whose turns have effects elsewhere, again and again, and counts what was done. */
export async function killAmidEffects(options: EffectsOptions): Promise<Outcome> {
  const effects = await startEffectsStandIn();
  const environment = { [EFFECTS_URL]: effects.url, ...options.environment };
  const standIn = { url: effects.url, requests: [] };
  const cluster = await Cluster.start({ roles: ['all', 'all'], standIn, environment, program: PROGRAM });
  const stored = new Stored(cluster.connectionString);
  const theatre: Theatre = {
    ...{ effects, cluster, stored, options, problems: new Problems(options.say), wholeAfter: [], found: [] },
    random: seeded(options.seed),
  };
  try {
    for (let kill = 1; kill <= options.kills; kill += 1) {
      await killOnce(theatre, kill);
      options.say?.(`${kill} of ${options.kills}: ${theatre.problems.count} problems`);
    }
    return outcomeOf(theatre);
  } finally {
    await stored.close();
    await cluster.close();
    await effects.close();
  }
}

async function killOnce(theatre: Theatre, kill: number): Promise<void> {
  const { cluster, effects, options, random } = theatre;
  const victim = random.pick(cluster.serving);
  const turns = await Promise.all(
    Array.from({ length: options.turns }, (_, place) => begin(theatre, victim, `${kill}.${place}`)),
  );
  const calls = random.between(0, EFFECTS.length);
  await until(() => effects.callsOf(turns[0]!.turnId).length >= calls, `effect ${calls} of a turn`);
  await sleep(random.between(0, LONGEST_AFTER_MS));
  const killedAt = performance.now();
  const death = cluster.kill(victim);
  // Its place is taken at once, as an orchestrator would.
  const replacement = cluster.add('all');
  await death;
  for (const { clients } of turns) {
    for (const client of clients)
      await client.until(() => client.done() !== undefined, `the end of the turns of kill ${kill}`);
    theatre.wholeAfter.push(Math.max(0, clients[0]!.done()!.receivedAt - killedAt));
  }
  await replacement;
  for (const turn of turns) await judge(theatre, turn);
}

async function begin({ cluster, random }: Theatre, victim: Replica, name: string): Promise<Acting> {
  const user = await cluster.user(victim, { sub: `user-${name}` });
  const shared = { token: user.token, threadId: await user.newThread(), random: () => random.next() };
  const elsewhere = new ReplicaClient({ ...shared, urls: () => cluster.urls(victim) }).start();
  const here = new ReplicaClient({
    ...shared,
    urls: () => (cluster.serving.includes(victim) ? [victim.url] : cluster.urls()),
    message: { content: `Act ${name}`, key: `act-${name}` },
  }).start();
  await here.until(() => here.frames.length > 0, 'the message in the log');
  const turnId = here.frames[0]!.data['message'].turnId as string;
  return { threadId: shared.threadId, turnId, clients: [elsewhere, here] };
}

async function judge(theatre: Theatre, { threadId, turnId, clients }: Acting): Promise<void> {
  const { effects, stored, problems, found } = theatre;
  const [turn] = await stored.turns(threadId);
  const answer = (await stored.messages(threadId)).find(({ role }) => role === 'assistant');
  const head = (await stored.events(threadId)).length;
  for (const client of clients) await client.until(() => client.cursor >= head, 'the end of the log');
  await Promise.all(clients.map((client) => client.stop()));
  if (turn?.status !== 'completed') problems.add(`turn ${turnId} ended ${turn?.status}`);
  const own: EffectsOfTurn = {
    said: answer?.content ?? '',
    entries: await stored.journal(turnId),
    calls: effects.callsOf(turnId),
    executions: turn?.attempt ?? 0,
  };
  found.push(own);
  problems.add(...effectProblems(own).map((problem) => `turn ${turnId}: ${problem}`));
  problems.add(...(await threadProblems(stored, threadId, clients)));
}

/** What is known of the effects of a turn that has ended. */
export interface EffectsOfTurn {
  /** The turn itself. */
  readonly said: string;
  /** The journal, by the keys of the effects. */
  readonly entries: ReadonlyMap<string, StoredEntry>;
  /** Whoever had the effects. */
  readonly calls: readonly EffectCall[];
  readonly executions: number;
}

/** What the turn says, what the journal has and what was done that do not agree, and whatever was done twice. */
export function effectProblems({ said, entries, calls, executions }: EffectsOfTurn): string[] {
  const problems: string[] = [];
  const words: string[] = [];
  let unknown = 0;
  for (const { key, repeatable } of EFFECTS) {
    const entry = entries.get(key);
    const numbers = calls.filter((call) => call.key === key).map(({ number }) => number);
    if (entry === undefined) {
      problems.push(`the journal has nothing of ${key}`);
      continue;
    }
    words.push(
      wordsOn(key, entry.is_done ? { outcome: 'done', result: entry.result } : { outcome: 'unknown' }),
    );
    if (!entry.is_done) unknown += 1;
    if (!entry.is_done && repeatable) problems.push(`${key} is unknown, and could have been repeated`);
    if (entry.is_done && !numbers.includes(entry.result as number))
      problems.push(
        `${key} is done with ${String(entry.result)}, and was answered ${numbers.join() || 'nothing'}`,
      );
    if (numbers.length > (repeatable ? executions : 1))
      problems.push(`${key} was done ${numbers.length} times`);
  }
  // One is under way at a time.
  if (unknown >= Math.max(executions, 1))
    problems.push(`${unknown} effects are unknown after ${executions} executions`);
  if (said !== words.join(''))
    problems.push(`it says ${JSON.stringify(said)}, the journal ${words.join('; ')}`);
  return problems;
}

function outcomeOf({ options, problems, wholeAfter, found }: Theatre): Outcome {
  const again = found.filter(({ executions }) => executions > 1);
  const unknown = found.flatMap(({ entries, calls }) =>
    [...entries].filter(([, { is_done }]) => !is_done).map(([key]) => calls.some((call) => call.key === key)),
  );
  const none = again.length === 0 ? ['no kill came in the middle of a turn'] : [];
  return {
    figures: {
      seed: options.seed,
      kills: options.kills,
      turns: found.length,
      'turns executed again': again.length,
      'effects done': found.reduce((sum, { calls }) => sum + calls.length, 0),
      'effects unknown': `${unknown.length}, of which ${unknown.filter(Boolean).length} were done`,
      'kill to the end of a turn': spread(wholeAfter),
    },
    problems: [...problems.all, ...none],
  };
}
