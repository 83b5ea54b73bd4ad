import { setTimeout as sleep } from 'node:timers/promises';
import { startEffectsStandIn, type EffectsStandIn } from '../doubles/effects-stand-in.js';
import { startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster, type Replica } from '../support/cluster.js';
import { COUNTING_SERVER } from '../support/counted-elsewhere.js';
import { EFFECTS_URL } from '../support/effects-executor.js';
import { ReplicaClient } from '../support/replica-client.js';
import { threadProblems } from './checks.js';
import { spread, until, Problems, type Outcome, type Telling } from './outcome.js';
import { seeded, type Random } from './random.js';
import { Stored } from './stored.js';
import { callProblems, callsOfTurn, type CallsOfTurn } from './tool-call-checks.js';

export interface ToolCallsOptions extends Telling {
  readonly kills: number;
  /** Turns that the killed process runs. */
  readonly turns: number;
  readonly seed: number;
  readonly environment?: Record<string, string>;
  /** The longest that a turn may take to be over after its process has died, in milliseconds; absent: it is not looked at. */
  readonly overWithinMs?: number;
}

interface Theatre {
  readonly effects: EffectsStandIn;
  readonly cluster: Cluster;
  readonly stored: Stored;
  readonly random: Random;
  readonly options: ToolCallsOptions;
  readonly problems: Problems;
  readonly wholeAfter: number[];
  readonly found: CallsOfTurn[];
}

interface Calling {
  readonly threadId: string;
  readonly turnId: string;
  /** Watch on the other replica, and one that comes from wherever it was. */
  readonly clients: readonly ReplicaClient[];
}

const TOOLS = ['count_once', 'count_again'];
const ROUNDS = 2;
const CALLS = `${TOOLS.map((name) => `{{call ${name} {"by":1}}}`).join(' ')} [[rounds=${ROUNDS}]]`;
const LONGEST_AFTER_MS = 60;

/** Kills the process whose turns call tools, again and again, and counts what was done. */
export async function killAmidCalls(options: ToolCallsOptions): Promise<Outcome> {
  const [effects, standIn] = await Promise.all([startEffectsStandIn(), startOpenAiStandIn()]);
  const environment = { [EFFECTS_URL]: effects.url, ...options.environment };
  const cluster = await Cluster.start({
    ...{ roles: ['all', 'all'], standIn, environment, program: COUNTING_SERVER },
  });
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
    await Promise.all([effects.close(), standIn.close()]);
  }
}

async function killOnce(theatre: Theatre, kill: number): Promise<void> {
  const { cluster, effects, options, random, problems, wholeAfter } = theatre;
  const victim = random.pick(cluster.serving);
  const turns = await Promise.all(
    Array.from({ length: options.turns }, (_, place) => begin(theatre, victim, `${kill}.${place}`)),
  );
  const calls = random.between(0, TOOLS.length * ROUNDS);
  await until(() => effects.callsOf(turns[0]!.turnId).length >= calls, `call ${calls} of a turn`);
  await sleep(random.between(0, LONGEST_AFTER_MS));
  const killedAt = performance.now();
  const death = cluster.kill(victim);
  // Its place is taken at once, as an orchestrator would.
  const replacement = cluster.add('all');
  await death;
  for (const { clients } of turns) {
    for (const client of clients)
      await client.until(() => client.done() !== undefined, `the end of the turns of kill ${kill}`);
    const after = Math.max(0, clients[0]!.done()!.receivedAt - killedAt);
    wholeAfter.push(after);
    if (after > (options.overWithinMs ?? Infinity))
      problems.add(`a turn of kill ${kill} was over after ${Math.round(after)} ms`);
  }
  await replacement;
  for (const turn of turns) await judge(theatre, turn);
}

async function begin({ cluster, random }: Theatre, victim: Replica, name: string): Promise<Calling> {
  const user = await cluster.user(victim, { sub: `user-${name}` });
  const shared = { token: user.token, threadId: await user.newThread(), random: () => random.next() };
  const elsewhere = new ReplicaClient({ ...shared, urls: () => cluster.urls(victim) }).start();
  const here = new ReplicaClient({
    ...shared,
    urls: () => (cluster.serving.includes(victim) ? [victim.url] : cluster.urls()),
    message: { content: `Count ${name} ${CALLS}`, key: `count-${name}`, options: { tools: TOOLS } },
  }).start();
  await here.until(() => here.frames.length > 0, 'the message in the log');
  const turnId = here.frames[0]!.data['message'].turnId as string;
  return { threadId: shared.threadId, turnId, clients: [elsewhere, here] };
}

async function judge(theatre: Theatre, { threadId, turnId, clients }: Calling): Promise<void> {
  const { stored, problems, found } = theatre;
  const [turn] = await stored.turns(threadId);
  const events = await stored.events(threadId);
  for (const client of clients)
    await client.until(() => client.cursor >= events.length, 'the end of the log');
  await Promise.all(clients.map((client) => client.stop()));
  if (turn?.status !== 'completed') problems.add(`turn ${turnId} ended ${turn?.status}`);
  const own = await callsOfTurn(theatre, { threadId, turnId }, TOOLS.length * ROUNDS);
  found.push(own);
  problems.add(...callProblems(own).map((problem) => `turn ${turnId}: ${problem}`));
  problems.add(...(await threadProblems(stored, threadId, clients)));
}

function outcomeOf({ options, problems, wholeAfter, found }: Theatre): Outcome {
  const again = found.filter(({ executions }) => executions > 1);
  const unknown = found.flatMap(({ entries }) => [...entries.values()].filter(({ is_done }) => !is_done));
  const none = again.length === 0 ? ['no kill came in the middle of a turn'] : [];
  return {
    figures: {
      seed: options.seed,
      kills: options.kills,
      turns: found.length,
      'turns executed again': again.length,
      'calls made': found.reduce((sum, { made }) => sum + made.length, 0),
      'calls unknown': unknown.length,
      'kill to the end of a turn': spread(wholeAfter),
    },
    problems: [...problems.all, ...none],
  };
}
