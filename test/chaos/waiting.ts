import { setTimeout as sleep } from 'node:timers/promises';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster, type Replica } from '../support/cluster.js';
import { ReplicaClient } from '../support/replica-client.js';
import type { Answer } from '../support/test-user.js';
import { answersProblems, APPROVED, INTAKE } from '../support/waiting-turns.js';
import { until, Problems, type Outcome, type Telling } from './outcome.js';
import { seeded, type Random } from './random.js';
import { Stored } from './stored.js';
import { askedIn, waitingProblems, type Fate, type Lived } from './waiting-checks.js';

/** When a process is killed. */
export const MOMENTS = [
  'between model calls',
  'after a suspension',
  'after an answer',
  'at an expiry',
] as const;
export type Moment = (typeof MOMENTS)[number];

export interface WaitingOptions extends Telling {
  /** One process is killed for each. */
  readonly moments: readonly Moment[];
  /** Threads of a round whose input is answered twice at the same instant, from two processes. */
  readonly pairs: number;
  /** Threads of a round with any other fate, besides one with answers that are drafted. */
  readonly others: number;
  readonly seed: number;
  readonly environment?: Record<string, string>;
}

interface Theatre {
  readonly standIn: OpenAiStandIn;
  readonly cluster: Cluster;
  readonly stored: Stored;
  readonly random: Random;
  readonly options: WaitingOptions;
  readonly problems: Problems;
  /** The names of the processes that were killed. */
  readonly dead: Set<string>;
  /** How many threads had each fate. */
  readonly fates: Partial<Record<Fate, number>>;
  /** Answers at the same instant that were both answered. */
  pairs: number;
}

/** A thread that lives through a round. */
interface Life extends Lived {
  readonly sub: string;
  readonly client: ReplicaClient;
  /** Kills the process when the moment is that of the round, which comes once. */
  readonly kill: (moment: Moment, victim: Replica | undefined) => void;
  /** Resolves when another process is up in the place of one that was killed in the round, if one was. */
  readonly replaced: () => Promise<unknown>;
}

const OTHERS = ['accepted', 'declined', 'expired', 'cancelled', 'interrupted'] as const;
const REVIEWER = { sub: 'rita', roles: ['reviewer'] };
const EXPIRY_MS = 300;
const PATIENCE_MS = 60_000;

/** Kills processes around turns that wait and turns of several model calls, and looks at what became of all of them. */
export async function killAroundWaiting(options: WaitingOptions): Promise<Outcome> {
  const standIn = await startOpenAiStandIn({ behaviour: { tokens: 20, delay: 4 } });
  const { environment = {}, seed, moments } = options;
  const cluster = await Cluster.start({ roles: ['all', 'all'], standIn, environment });
  const stored = new Stored(cluster.connectionString);
  const theatre: Theatre = {
    ...{ standIn, cluster, stored, options, random: seeded(seed) },
    ...{ problems: new Problems(options.say), dead: new Set(), fates: {}, pairs: 0 },
  };
  try {
    for (const [index, moment] of moments.entries()) {
      await round(theatre, moment, index);
      options.say?.(`${index + 1} of ${moments.length}, ${moment}: ${theatre.problems.count} problems`);
    }
    const { problems, fates, pairs } = theatre;
    const turns = await stored.query('SELECT 1 AS one FROM turns');
    const open = await stored.query(`SELECT 1 AS one FROM inputs WHERE status = 'open'`);
    if (open.length > 0) problems.add(`${open.length} inputs are open`);
    return {
      figures: { seed, kills: moments.length, turns: turns.length, ...fates, 'pairs answered both': pairs },
      problems: problems.all,
    };
  } finally {
    await stored.close();
    await cluster.close();
    await standIn.close();
  }
}

async function round(theatre: Theatre, moment: Moment, index: number): Promise<void> {
  const { cluster, options, random, problems, dead, fates } = theatre;
  // What goes wrong with one thread says nothing of the others.
  const noted = (error: unknown) => void problems.add(String(error));
  let killed: Promise<unknown> | undefined;
  const kill = (reached: Moment, victim: Replica | undefined) => {
    if (reached !== moment || killed !== undefined || victim === undefined) return;
    dead.add(victim.name);
    // Its place is taken at once, as an orchestrator would.
    killed = Promise.all([cluster.kill(victim), cluster.add('all')]).catch(noted);
  };
  const replaced = async () => killed;
  const wanted: Fate[] = [
    'drafted',
    ...Array.from({ length: options.pairs }, () => 'answered twice' as const),
    ...Array.from({ length: options.others }, () => random.pick(OTHERS)),
    ...(moment === 'at an expiry' ? ['expired' as const] : []),
  ];
  const lives = await Promise.all(
    wanted.map((fate, place) => begin(theatre, { fate, name: `${index}.${place}`, kill, replaced })),
  );
  await Promise.all(lives.map((life) => live(theatre, life).catch(noted)));
  if (killed === undefined) problems.add(`nobody was killed ${moment}`);
  await killed;
  for (const life of lives) {
    fates[life.fate] = (fates[life.fate] ?? 0) + 1;
    await waitingProblems(theatre, life).then((found) => void problems.add(...found), noted);
  }
}

async function begin(
  { cluster, random }: Theatre,
  { fate, name, ...ofRound }: Pick<Life, 'fate' | 'name' | 'kill' | 'replaced'>,
): Promise<Life> {
  const sub = `user-${name}`;
  const user = await cluster.user(random.pick(cluster.serving), { sub });
  const threadId = await user.newThread(fate === 'drafted' ? { workflow: 'drafted-answer' } : INTAKE);
  const client = new ReplicaClient({
    ...{ token: user.token, threadId, random: () => random.next(), urls: () => cluster.urls() },
  }).start();
  const messages = fate === 'drafted' ? 2 : fate === 'interrupted' ? 4 : 3;
  const contents = Array.from(
    { length: messages },
    (_, place) => `Wait ${name}.${place} [[tokens=20 delay=4]]`,
  );
  return { fate, name, threadId, contents, client, sub, ...ofRound };
}

async function live(theatre: Theatre, life: Life): Promise<void> {
  const { client, contents, fate } = life;
  const ended = (count: number) =>
    client.until(
      () => client.frames.filter(({ type }) => type === 'done').length >= count,
      `the end of ${count} turns of ${fate} ${life.name}`,
    );
  if (fate === 'drafted') {
    const killing = killBetweenCalls(theatre, life);
    for (const [place, content] of contents.entries()) {
      await post(theatre, life, content);
      await ended(place + 1);
    }
    return killing;
  }
  for (const [place, content] of contents.slice(0, 2).entries()) {
    await post(theatre, life, content);
    await ended(place + 1);
  }
  const posted = post(theatre, life, contents[2]!);
  await meet(theatre, life, await inputOf(life, 1));
  await posted;
  if (fate === 'interrupted') {
    // The message comes to the same step, which asks again.
    const next = post(theatre, life, contents[3]!, { options: { onBusy: 'interrupt' } });
    await answer(theatre, await inputOf(life, 2), APPROVED);
    await next;
  }
  await ended(contents.length);
}

/** Lets the thread's fate come to what its turn waits for. */
async function meet(theatre: Theatre, life: Life, inputId: string): Promise<void> {
  const { cluster, standIn, stored, random } = theatre;
  const { fate, kill, threadId, sub } = life;
  const [asked] = askedIn(standIn, life).slice(-1);
  await sleep(random.pick([0, 0, 1, 5, 20]));
  kill('after a suspension', asked && cluster.asker(asked.request));
  switch (fate) {
    case 'answered twice':
      return answerTwice(theatre, life, inputId);
    case 'accepted':
      return answer(theatre, inputId, APPROVED);
    case 'declined':
      return answer(theatre, inputId, { action: 'decline' });
    case 'expired': {
      const at = `now() + interval '${EXPIRY_MS} milliseconds'`;
      await stored.query(`UPDATE inputs SET expires_at = ${at} WHERE id = '${inputId}' RETURNING id`);
      // Whoever lives looks every two seconds.
      await sleep(EXPIRY_MS + random.between(0, 2_000));
      return kill('at an expiry', random.pick(cluster.serving));
    }
    case 'cancelled': {
      const turn = (await stored.turns(threadId)).at(-1)!;
      const path = `/chat/threads/${threadId}/turns/${turn.id}/cancel`;
      return void (await anywhere(theatre, { sub }, path, undefined));
    }
    case 'interrupted':
    case 'drafted':
      return;
  }
}

/** The n-th thing that the thread has asked a person for. */
async function inputOf({ client, fate, name }: Life, place: number): Promise<string> {
  const asked = () => client.frames.filter(({ type }) => type === 'input_required');
  await client.until(() => asked().length >= place, `input ${place} of ${fate} ${name}`);
  return asked()[place - 1]!.data['inputId'] as string;
}

async function killBetweenCalls({ standIn, cluster, random }: Theatre, life: Life): Promise<void> {
  const calls = random.between(1, 5);
  const asked = () => askedIn(standIn, life)[calls - 1];
  await until(() => asked() !== undefined, `model call ${calls} of ${life.name}`, PATIENCE_MS);
  const { request } = asked()!;
  await request.ended;
  await sleep(random.pick([0, 0, 1, 2, 4, 8]));
  life.kill('between model calls', cluster.asker(request));
}

/** Posts a message, again with the same key where a process dies over it. */
async function post(theatre: Theatre, { threadId, sub }: Life, content: string, more = {}): Promise<void> {
  const path = `/chat/threads/${threadId}/messages`;
  const { status, body } = (await anywhere(theatre, { sub }, path, { content, ...more })).answer;
  if (status >= 300 && body.code !== 'TURN_INTERRUPTED')
    theatre.problems.add(`${content}: answered ${status} ${body?.code}`);
}

async function answer(theatre: Theatre, inputId: string, body: object): Promise<void> {
  const { answer: came, isRepeated } = await anywhere(theatre, REVIEWER, `/inputs/${inputId}`, body);
  // The process that died over it may have taken it.
  const isTaken = came.status === 202 || (isRepeated && came.body.code === 'STATE_CONFLICT');
  if (!isTaken) theatre.problems.add(`input ${inputId}: answered ${came.status} ${came.body?.code}`);
}

async function answerTwice(theatre: Theatre, { name, kill, replaced }: Life, inputId: string): Promise<void> {
  const { cluster, random, problems } = theatre;
  // How long a process takes to start is the machine's affair; one that does not start is noted where it was begun.
  if (cluster.serving.length < 2) await replaced();
  if (cluster.serving.length < 2) throw new Error(`${name}: there is no second process to answer at`);
  const replicas = cluster.serving.slice(0, 2);
  const users = await Promise.all(replicas.map((replica) => cluster.user(replica, REVIEWER)));
  const asks = users.map((user) => user.ask('POST', `/inputs/${inputId}`, APPROVED));
  void Promise.race(asks.map((ask) => ask.catch(() => undefined)))
    .then(() => sleep(random.pick([0, 0, 1, 4, 10])))
    .then(() => kill('after an answer', random.pick(replicas)));
  const settled = await Promise.allSettled(asks);
  const answers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const isLost = replicas.some((replica) => theatre.dead.has(replica.name));
  if (answers.length === 2) theatre.pairs += 1;
  else if (!isLost) problems.add(`${name}: an answer was lost by a process that lives`);
  // What the dead process would have answered is known by what another one says now.
  for (let lost = answers.length; lost < 2; lost += 1)
    answers.push((await anywhere(theatre, REVIEWER, `/inputs/${inputId}`, APPROVED)).answer);
  if (isLost && answers.every(({ status }) => status === 409)) return;
  problems.add(...answersProblems(answers).map((problem) => `${name}: ${problem}`));
}

/** Asks any process, and another one when that dies over it. */
async function anywhere(
  { cluster, random }: Theatre,
  claims: Record<string, unknown>,
  path: string,
  body: object | undefined,
): Promise<{ readonly answer: Answer; readonly isRepeated: boolean }> {
  const deadline = Date.now() + PATIENCE_MS;
  const key = { 'idempotency-key': `${path}-${random.between(1, 1_000_000_000)}` };
  for (let isRepeated = false; ; isRepeated = true) {
    await until(() => cluster.serving.length > 0, 'a process that serves', PATIENCE_MS);
    const user = await cluster.user(random.pick(cluster.serving), claims);
    try {
      return { answer: await user.ask('POST', path, body, key), isRepeated };
    } catch (error) {
      // What fetch throws for a connection that was refused or broke.
      if (Date.now() > deadline || (error as Error).name !== 'TypeError') throw error;
      await sleep(30);
    }
  }
}
