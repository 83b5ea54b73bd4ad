import { setTimeout as sleep } from 'node:timers/promises';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster, type Replica } from '../support/cluster.js';
import { ReplicaClient } from '../support/replica-client.js';
import type { TestUser } from '../support/test-user.js';
import { asksOf, threadProblems } from './checks.js';
import { inParallel, spread, until, Problems, type Outcome, type Telling } from './outcome.js';
import { seeded, type Random } from './random.js';
import { Stored } from './stored.js';

/** When, in the life of a turn, the process that answers it is killed. */
export const MOMENTS = [
  'at once',
  'before the first token',
  'in the middle',
  'after the last token',
  'between steps',
] as const;
export type Moment = (typeof MOMENTS)[number];

export interface KillsOptions extends Telling {
  /** One process is killed for each. */
  readonly moments: readonly Moment[];
  /** Turns that the killed process is answering besides the one whose moment it is. */
  readonly bystanders: number;
  readonly seed: number;
  readonly maxAttempts: number;
  readonly environment?: Record<string, string>;
}

interface Victim {
  readonly threadId: string;
  readonly user: TestUser;
  readonly content: string;
  readonly tokens: number;
  readonly isGuided: boolean;
  /** Watch on the other replica, and one that comes from wherever it was. */
  readonly clients: readonly ReplicaClient[];
}

interface Theatre {
  readonly standIn: OpenAiStandIn;
  readonly cluster: Cluster;
  readonly stored: Stored;
  readonly random: Random;
  readonly options: KillsOptions;
  readonly problems: Problems;
  readonly heardAfter: number[];
  readonly wholeAfter: number[];
  readonly asks: number[];
}

/** Kills the process that is answering, again and again, and looks at what became of its turns. */
export async function killAnswering(options: KillsOptions): Promise<Outcome> {
  const standIn = await startOpenAiStandIn();
  const { maxAttempts } = options;
  const environment = { TURN_MAX_ATTEMPTS: String(maxAttempts), ...options.environment };
  const cluster = await Cluster.start({ roles: ['all', 'all'], standIn, environment });
  const stored = new Stored(cluster.connectionString);
  const theatre: Theatre = {
    ...{ standIn, cluster, stored, options },
    random: seeded(options.seed),
    ...{ problems: new Problems(options.say), heardAfter: [], wholeAfter: [], asks: [] },
  };
  try {
    for (const [index, moment] of options.moments.entries()) {
      await killOnce(theatre, moment, index);
      options.say?.(
        `${index + 1} of ${options.moments.length}, ${moment}: ${theatre.problems.count} problems`,
      );
    }
    const { problems, heardAfter, wholeAfter, asks } = theatre;
    return {
      figures: {
        seed: options.seed,
        kills: options.moments.length,
        turns: asks.length,
        'kill to first news': spread(heardAfter),
        'kill to the end of the turn': spread(wholeAfter),
        'asks per turn': `${(asks.reduce((sum, count) => sum + count, 0) / asks.length).toFixed(2)} on average, ${Math.max(...asks)} at most`,
      },
      problems: problems.all,
    };
  } finally {
    await stored.close();
    await cluster.close();
    await standIn.close();
  }
}

async function killOnce(theatre: Theatre, moment: Moment, index: number): Promise<void> {
  const { cluster, options, random } = theatre;
  const victim = random.pick(cluster.serving);
  const turns = await Promise.all(
    Array.from({ length: options.bystanders + 1 }, (_, place) =>
      begin(theatre, victim, place === 0 ? moment : random.pick(MOMENTS), `${index}.${place}`),
    ),
  );
  await reach(theatre, turns[0]!, moment);
  const killedAt = performance.now();
  const death = cluster.kill(victim);
  // Its place is taken at once, as an orchestrator would.
  const replacement = cluster.add('all');
  await death;
  await inParallel(turns, turns.length, (turn) => follow(theatre, turn, killedAt));
  await replacement;
  await inParallel(turns, turns.length, (turn) => judge(theatre, turn));
}

/** Posts a message to the victim, and watches its thread on the other one. */
async function begin(
  { cluster, random }: Theatre,
  victim: Replica,
  moment: Moment,
  name: string,
): Promise<Victim> {
  const user = await cluster.user(victim, { sub: `user-${name}` });
  const threadId = await user.newThread(moment === 'between steps' ? { workflow: 'guided-intake' } : {});
  const tokens = random.between(40, 120);
  const delay = moment === 'before the first token' ? 400 : random.between(5, 15);
  const content = `Kill ${name} [[tokens=${moment === 'before the first token' ? 5 : tokens} delay=${delay}]]`;
  const shared = { token: user.token, threadId, random: () => random.next() };
  const elsewhere = new ReplicaClient({ ...shared, urls: () => cluster.urls(victim) }).start();
  const here = new ReplicaClient({
    ...shared,
    urls: () => (cluster.serving.includes(victim) ? [victim.url] : cluster.urls()),
    message: { content, key: `kill-${name}` },
  }).start();
  return {
    ...{ threadId, user, content, clients: [elsewhere, here], isGuided: moment === 'between steps' },
    tokens: moment === 'before the first token' ? 5 : tokens,
  };
}

async function reach({ standIn, random }: Theatre, turn: Victim, moment: Moment): Promise<void> {
  const [, here] = turn.clients;
  const asked = () => asksOf(standIn, turn.content)[0];
  await here!.until(() => here!.frames.length > 0, 'the message in the log');
  if (moment === 'at once') return;
  await until(() => asked() !== undefined, 'the request to the provider');
  switch (moment) {
    case 'before the first token':
      return sleep(random.between(0, 200));
    case 'in the middle': {
      const characters = random.between(1, expectedText(turn.tokens).length - 60);
      return here!.until(() => here!.text().length >= characters, 'the middle of the answer');
    }
    case 'after the last token':
    case 'between steps':
      await asked()!.ended;
      return sleep(random.pick([0, 0, 1, 2, 4, 8]));
  }
}

/** What every watcher is promised: soon it hears of it, and then it has the whole answer. */
async function follow(theatre: Theatre, turn: Victim, killedAt: number): Promise<void> {
  for (const client of turn.clients) {
    // What the dead process had stored may come first; news is what says how it goes on.
    const news = () =>
      client.frames.find(
        ({ type, receivedAt }) => type === 'done' || (receivedAt > killedAt && type === 'ai_reset'),
      ) ?? secondBeginning(client, killedAt);
    await client.until(() => news() !== undefined, `news of ${turn.content}`);
    theatre.heardAfter.push(Math.max(0, news()!.receivedAt - killedAt));
    await client.until(() => client.done() !== undefined, `the end of ${turn.content}`);
    theatre.wholeAfter.push(Math.max(0, client.done()!.receivedAt - killedAt));
  }
}

/** A turn that had said nothing needs no reset: its next attempt just begins to speak. */
function secondBeginning(client: ReplicaClient, killedAt: number) {
  const spoke = client.frames.find(({ type }) => type === 'ai_response');
  return spoke !== undefined && spoke.receivedAt > killedAt ? spoke : undefined;
}

async function judge(
  theatre: Theatre,
  { threadId, user, content, tokens, isGuided, clients }: Victim,
): Promise<void> {
  const { stored, standIn, cluster, problems, options } = theatre;
  const asks = asksOf(standIn, content).length;
  theatre.asks.push(asks);
  if (asks > options.maxAttempts) problems.add(`${content}: the provider was asked ${asks} times`);
  const [outcome] = await stored.turns(threadId);
  if (outcome?.status !== 'completed') problems.add(`${content}: ended ${outcome?.status}`);
  if (clients.some((client) => client.text() !== expectedText(tokens)))
    problems.add(`${content}: the answer is not whole`);
  if (isGuided) problems.add(...(await stepProblems(stored, threadId, 1)));
  const after = `After ${content.replace(/\[\[.*/, '[[tokens=3]]')}`;
  const next = await (
    await cluster.user(cluster.serving[0]!, { sub: subjectOf(user) })
  ).ask('POST', `/chat/threads/${threadId}/messages`, { content: after });
  if (next.status !== 200 && next.status !== 201)
    problems.add(`${content}: the next message was answered ${next.status} ${next.body.code}`);
  if (asksOf(standIn, after).length !== 1)
    problems.add(`${after}: asked ${asksOf(standIn, after).length} times`);
  if (isGuided) problems.add(...(await stepProblems(stored, threadId, 2)));
  const head = (await stored.events(threadId)).length;
  for (const client of clients) await client.until(() => client.cursor >= head, 'the end of the log');
  await Promise.all(clients.map((client) => client.stop()));
  problems.add(...(await threadProblems(stored, threadId, clients)));
  problems.add(...(await ledgerProblems(stored, threadId, standIn)));
}

/** After so many messages a guided intake has completed so many steps, each of them once. */
export async function stepProblems(stored: Stored, threadId: string, messages: number): Promise<string[]> {
  const completed = (await stored.events(threadId))
    .filter(({ type, data }) => type === 'workflow_status' && data['status'] === 'step_completed')
    .map(({ data }) => data['step'] as string);
  const run = await stored.run(threadId);
  const wanted = ['ask', 'clarify', 'summarise'].slice(0, messages);
  return completed.join() === wanted.join() && run?.steps_done === messages
    ? []
    : [`${threadId}: the steps completed are ${completed.join(', ')}, and the run counts ${run?.steps_done}`];
}

/**
 * A row for every request that was ever sent, and none besides but for one that was about to be: an attempt has its row
 * before its request.
 */
async function ledgerProblems(stored: Stored, threadId: string, standIn: OpenAiStandIn): Promise<string[]> {
  const [messages, turns] = await Promise.all([stored.messages(threadId), stored.turns(threadId)]);
  const wrong = async () => {
    const rows = await stored.attempts(threadId);
    return messages
      .filter(({ role }) => role === 'user')
      .flatMap(({ turn_id, content }) => {
        const [asks, count] = [asksOf(standIn, content).length, rows.get(turn_id) ?? 0];
        const attempts = turns.find(({ id }) => id === turn_id)?.attempt ?? 0;
        return count >= asks && count <= attempts
          ? []
          : [`${content}: ${attempts} attempts, ${asks} asks and ${count} rows in the ledger`];
      });
  };
  const isRight = async () => (await wrong()).length === 0;
  return until(isRight, 'a row for each attempt', 5_000).then(() => [], wrong);
}

function subjectOf({ token }: TestUser): string {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).sub as string;
}
