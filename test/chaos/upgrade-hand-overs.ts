import type { ReplicaClient } from '../support/replica-client.js';
import { inParallel, until } from './outcome.js';
import type { Release, Said, SharedThread, UpgradeStage } from './upgrade-stage.js';

/** The release whose process ends, and how. */
export interface Way {
  readonly release: Release;
  readonly signal: 'SIGKILL' | 'SIGTERM';
}

export const WAYS: readonly Way[] = [
  { release: 'former', signal: 'SIGKILL' },
  { release: 'this', signal: 'SIGKILL' },
  { release: 'former', signal: 'SIGTERM' },
  { release: 'this', signal: 'SIGTERM' },
];

interface Begun {
  readonly thread: SharedThread;
  readonly said: Said;
  readonly key: string;
  readonly turnId: string;
}

/** A process ends in the middle of its turns, which the other release takes over; then its place is taken by another of its kind. */
export async function handOver(stage: UpgradeStage, way: Way, turns: number): Promise<number[]> {
  const { release, signal } = way;
  const other = release === 'former' ? 'this' : 'former';
  const begun: Begun[] = [];
  await inParallel(Array.from({ length: turns }), turns, async (_, index) => {
    const isGuided = (index + WAYS.indexOf(way)) % 2 === 1;
    // Of guided threads the former release knows those of its own version only.
    const madeBy = isGuided ? 'former' : index % 4 === 0 ? other : release;
    const thread = await stage.newThread(madeBy, { isGuided });
    await stage.say(thread, other);
    begun.push(await begin(stage, thread, release));
    if (!isGuided) for (const by of [other, release] as const) await queue(stage, thread, by);
  });
  const endedAt = performance.now();
  await stage.end(release, signal);
  const taken = await Promise.all(
    begun.map(async ({ thread, turnId }) => {
      const ends = await Promise.all(thread.watchers.map((watcher) => endOf(watcher, turnId)));
      return Math.max(...ends) - endedAt;
    }),
  );
  await inParallel(begun, turns, (turn) => repeat(stage, turn, other));
  await stage.start(release);
  await inParallel(begun, turns, async ({ thread }) => {
    await stage.quiet(thread);
    if (!thread.isGuided || thread.said.length < 3) await stage.say(thread, release);
  });
  await attemptProblems(stage, begun);
  return taken;
}

/** Begins a turn that takes a while, and waits for the middle of its answer. */
async function begin(stage: UpgradeStage, thread: SharedThread, release: Release): Promise<Begun> {
  const said = stage.note(thread, `through ${release}`, { tokens: 60, delay: 25 });
  const key = `handed-over-${thread.sub}`;
  const user = await stage.user(release, thread);
  const posted = await user.stream(thread.id, said.content, {}, { 'idempotency-key': key });
  if (posted.response.status !== 200)
    throw new Error(`${said.content}: answered ${posted.response.status} ${await posted.response.text()}`);
  const connected = (await posted.frames.next()).value!;
  for await (const { type } of posted.frames) if (type === 'ai_response') break;
  posted.close();
  return { ...{ thread, said, key }, turnId: connected.data['turnId'] as string };
}

/** Posts a message that waits for the turns before it; nobody waits for its answer. */
async function queue(stage: UpgradeStage, thread: SharedThread, release: Release): Promise<void> {
  const said = stage.note(thread, `queued through ${release}`, { tokens: 3, delay: 0 });
  const user = await stage.user(release, thread);
  const posted = await user.stream(thread.id, said.content, { options: { onBusy: 'queue' } });
  if (posted.response.status !== 200)
    stage.problems.add(`${said.content}: answered ${posted.response.status} ${await posted.response.text()}`);
  else await posted.frames.next();
  posted.close();
}

async function endOf(watcher: ReplicaClient, turnId: string): Promise<number> {
  await watcher.until(() => watcher.done(turnId) !== undefined, `the end of turn ${turnId}`);
  return watcher.done(turnId)!.receivedAt;
}

/** Who posts the message again to the other release, by its key, has the same turn and its answer. */
async function repeat(
  stage: UpgradeStage,
  { thread, said, key, turnId }: Begun,
  release: Release,
): Promise<void> {
  const answer = await stage.post(thread, release, { content: said.content }, { 'idempotency-key': key });
  if (answer.body.response !== said.answer || answer.body.turn?.id !== turnId)
    stage.problems.add(`${said.content}, posted again: ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** The ledger has each time that one of them was begun: twice, unless it was over before its process ended. */
async function attemptProblems(stage: UpgradeStage, begun: readonly Begun[]): Promise<void> {
  let handedOver = 0;
  for (const { thread, turnId, said } of begun) {
    const turn = (await stage.stored.turns(thread.id)).find(({ id }) => id === turnId);
    const times = turn?.attempt ?? 0;
    if (times > 1) handedOver += 1;
    await until(
      async () => (await stage.stored.attempts(thread.id)).get(turnId) === times,
      `attempt ${times} of ${said.content}`,
    );
  }
  if (handedOver === 0) stage.problems.add('no turn was under way when its process ended');
}
