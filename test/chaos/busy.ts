import { setTimeout as sleep } from 'node:timers/promises';
import { expectedText, startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster, type Role } from '../support/cluster.js';
import { ReplicaClient } from '../support/replica-client.js';
import { asksOf, threadProblems } from './checks.js';
import { inParallel, Problems, type Outcome, type Telling } from './outcome.js';
import { seeded } from './random.js';
import { Stored } from './stored.js';

export interface BusyOptions extends Telling {
  readonly roles: readonly Role[];
  readonly threads: number;
  /** Messages that are posted to each thread while it is busy. */
  readonly messages: number;
  readonly seed: number;
  readonly environment?: Record<string, string>;
}

const MOST_TOKENS = 60;

/** Posts to busy threads from everywhere: what is queued runs in order, what interrupts ends what runs. */
export async function busyThreads(options: BusyOptions): Promise<Outcome> {
  const { roles, threads, messages, seed, environment = {}, say = () => undefined } = options;
  const random = seeded(seed);
  const standIn = await startOpenAiStandIn();
  const cluster = await Cluster.start({ roles, standIn, environment });
  const stored = new Stored(cluster.connectionString);
  const problems = new Problems(say);
  const endings: Record<string, number> = {};
  try {
    const places = Array.from({ length: threads }, (_, index) => index);
    await inParallel(places, 10, async (place) => {
      const user = await cluster.user(random.pick(cluster.serving), { sub: `user-${place}` });
      const threadId = await user.newThread();
      const watcher = new ReplicaClient({
        ...{ token: user.token, threadId, random: () => random.next() },
        urls: () => cluster.urls(),
      }).start();
      const contents: string[] = [];
      for (let index = 0; index < messages; index += 1) {
        const replica = await cluster.user(random.pick(cluster.serving), { sub: `user-${place}` });
        const content = `Busy ${place}.${index} [[tokens=${random.between(5, MOST_TOKENS)} delay=10]]`;
        const posted = await replica.stream(threadId, content, {
          options: { onBusy: random.next() < 0.25 ? 'interrupt' : 'queue' },
        });
        if (posted.response.status !== 200)
          problems.add(`${content}: answered ${posted.response.status} ${await posted.response.text()}`);
        else await posted.frames.next();
        posted.close();
        contents.push(content);
        await sleep(random.between(0, 150));
      }
      const turnsEnded = () => watcher.frames.filter(({ type }) => type === 'done').length;
      await watcher.until(() => turnsEnded() >= messages, `${messages} ends of turns`);
      await watcher.stop();
      problems.add(...(await threadProblems(stored, threadId, [watcher])));
      for (const content of contents) {
        const asks = asksOf(standIn, content).length;
        if (asks > 1) problems.add(`${content}: the provider was asked ${asks} times`);
      }
      for (const { status } of await stored.turns(threadId)) endings[status] = (endings[status] ?? 0) + 1;
      problems.add(...(await answerProblems(stored, threadId)));
    });
    say(`${problems.count} problems`);
    return {
      figures: {
        seed,
        threads,
        'messages in each': messages,
        processes: roles.join(' + '),
        'turns ended': Object.entries(endings)
          .map(([status, count]) => `${count} ${status}`)
          .join(', '),
      },
      problems: problems.all,
    };
  } finally {
    await stored.close();
    await cluster.close();
    await standIn.close();
  }
}

/** A completed turn has the whole answer, an interrupted one a beginning of it, and no other ending is there. */
async function answerProblems(stored: Stored, threadId: string): Promise<string[]> {
  const problems: string[] = [];
  const messages = await stored.messages(threadId);
  for (const { id, status } of await stored.turns(threadId)) {
    const asked = messages.find(({ role, turn_id }) => role === 'user' && turn_id === id);
    const answer = messages.find(({ role, turn_id }) => role === 'assistant' && turn_id === id);
    const whole = expectedText(Number(/tokens=(\d+)/.exec(asked?.content ?? '')?.[1]));
    if (status !== 'completed' && status !== 'interrupted')
      problems.push(`${asked?.content}: ended ${status}`);
    if (status === 'completed' && answer?.content !== whole)
      problems.push(`${asked?.content}: completed, but not whole`);
    if (answer !== undefined && !whole.startsWith(answer.content))
      problems.push(`${asked?.content}: something else is stored`);
  }
  return problems;
}
