import { expectedText, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import type { Cluster, Replica } from '../support/cluster.js';
import { ReplicaClient } from '../support/replica-client.js';
import type { Answer, TestUser } from '../support/test-user.js';
import type { Problems } from './outcome.js';
import type { Random } from './random.js';
import type { Stored } from './stored.js';

/** The two releases that run side by side. */
export type Release = 'former' | 'this';

/** A message and what it was answered, in the order of the thread. */
export interface Said {
  readonly content: string;
  readonly answer: string;
}

/** A thread that both releases write to. */
export interface SharedThread {
  readonly id: string;
  readonly sub: string;
  readonly madeBy: Release;
  readonly isGuided: boolean;
  /** All that was said in it, and must be found there. */
  readonly said: Said[];
  /** Follow it from its first event on, on the one release and on the other. */
  readonly watchers: readonly ReplicaClient[];
}

/** Two releases over one database, and the threads they share. */
export class UpgradeStage {
  readonly threads: SharedThread[] = [];
  private readonly up = new Map<Release, Replica>();
  private made = 0;

  constructor(
    readonly standIn: OpenAiStandIn,
    readonly cluster: Cluster,
    readonly stored: Stored,
    readonly random: Random,
    readonly problems: Problems,
    private readonly mainOfFormer: string,
  ) {}

  /** The process of the release that is up. */
  process(release: Release): Replica {
    const replica = this.up.get(release);
    if (replica === undefined) throw new Error(`there is no process of ${release} release`);
    return replica;
  }

  async start(release: Release): Promise<void> {
    const main = release === 'former' ? this.mainOfFormer : undefined;
    const replica = await this.cluster.add('all', {}, main);
    this.up.set(release, replica);
    replica.process.child.once('exit', (code, signal) => {
      if (this.up.get(release) !== replica) return;
      this.problems.add(
        `a process of ${release} release ended by itself with ${code ?? signal}: ${replica.process.output()}`,
      );
    });
  }

  /** Kills it, or asks it to stop, which it does well or it is a problem. */
  async end(release: Release, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const replica = this.process(release);
    this.up.delete(release);
    if (signal === 'SIGKILL') return this.cluster.kill(replica);
    const code = await this.cluster.retire(replica);
    if (code !== 0) this.problems.add(`a process of ${release} release ended with ${code}`);
  }

  /** Nobody is expected to be up any more, and nobody watches. */
  async leave(): Promise<void> {
    this.up.clear();
    await Promise.all(this.threads.flatMap(({ watchers }) => watchers.map((watcher) => watcher.stop())));
  }

  user(release: Release, { sub }: Pick<SharedThread, 'sub'>): Promise<TestUser> {
    return this.cluster.user(this.process(release), { sub });
  }

  async newThread(madeBy: Release, { isGuided }: { isGuided: boolean }): Promise<SharedThread> {
    const sub = `upgraded-${(this.made += 1)}`;
    const user = await this.user(madeBy, { sub });
    const id = await user.newThread(isGuided ? { workflow: 'guided-intake' } : {});
    const watchers = (['former', 'this'] as const).map((release) =>
      new ReplicaClient({
        ...{ token: user.token, threadId: id, random: () => this.random.next() },
        urls: () => (this.up.has(release) ? [this.process(release).url] : this.cluster.urls()),
      }).start(),
    );
    const thread = { id, sub, madeBy, isGuided, said: [], watchers };
    this.threads.push(thread);
    return thread;
  }

  /** Posts a message that is answered at once, and notes it. */
  async say(thread: SharedThread, release: Release, how = { tokens: 3, delay: 0 }): Promise<void> {
    const said = this.note(thread, `through ${release}`, how);
    const answer = await this.post(thread, release, { content: said.content });
    if (answer.body.response !== said.answer)
      this.problems.add(
        `${said.content} in a thread of ${thread.madeBy}: ${answer.status} ${JSON.stringify(answer.body)}`,
      );
  }

  async post(
    thread: SharedThread,
    release: Release,
    body: Record<string, unknown>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const user = await this.user(release, thread);
    return user.ask('POST', `/chat/threads/${thread.id}/messages`, body, headers);
  }

  /** What is about to be said in the thread. */
  note(thread: SharedThread, how: string, { tokens, delay }: { tokens: number; delay: number }): Said {
    const place = `${thread.sub}.${thread.said.length}`;
    const said = {
      content: `Say ${place} ${how} [[tokens=${tokens} delay=${delay}]]`,
      answer: expectedText(tokens),
    };
    thread.said.push(said);
    return said;
  }

  /** Waits until as many turns have ended, for every watcher, as messages were posted. */
  async quiet(thread: SharedThread): Promise<void> {
    for (const watcher of thread.watchers) {
      const ended = () => watcher.frames.filter(({ type }) => type === 'done').length;
      await watcher.until(() => ended() >= thread.said.length, `the end of turn ${thread.said.length}`);
    }
  }
}
