import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pinFamily, pinOther } from './cores.ts';
import { CountedServer } from './counted-server.ts';
import { embeddedUrl, makeDatabase } from './database.ts';
import type { Counters, Job, Load } from './load.ts';
import type { NaiveNest } from './naive-nest.ts';
import type { RawPipe } from './raw-pipe.ts';
import type { Profiles } from './profiles.ts';
import { streamed, whole } from './requests.ts';
import { seedMessages, seedThreads, settleTables } from './seed.ts';
import type { Plan, StandIn } from './stand-in.ts';
import { hasDatabase, type Subject } from './subject.ts';
import { Threadline } from './threadline.ts';
import { costOf, type Cost, type Window } from './window.ts';
import { Worker } from './worker.ts';

/** A subject in a process of the bench's own. */
type Running = readonly [Subject, () => Promise<void>];

/** What a measurement says of the posts that it wants. */
type Shape = Pick<
  Job,
  'requests' | 'lanes' | 'rampMs' | 'record' | 'counts' | 'openEnded' | 'gaps' | 'togetherMs'
>;

/** What is to be seen of the server from inside, which takes time of its own. */
export interface Looking {
  readonly isObserved?: boolean;
  readonly profiles?: Profiles | undefined;
}

export const USER = 'bench';
/** Other users of the same organisation, and what each has stored. */
const OTHERS = 20;
const THREADS_OF_OTHERS = 50;
const MESSAGES_OF_OTHERS = 20;

/** Everything that a measurement needs: stand-in, raw pipe, load generator and server, each in its process. */
export class Rig {
  readonly standIn: Worker<StandIn>;
  readonly load: Worker<Load>;
  readonly pipe: Subject;
  private readonly pipeWorker: Worker<RawPipe>;
  private readonly providerPort: number;
  readonly dataDir: string;
  private readonly server: string | undefined;
  private readonly databaseUrl: string | undefined;
  private readonly dropDatabase: () => Promise<void>;
  private readonly profiles: Profiles | undefined;
  private readonly isObserved: boolean;
  private running: Threadline | undefined;
  private naive: Running | undefined;
  private nextThread = 1;

  private constructor(parts: {
    readonly standIn: Worker<StandIn>;
    readonly load: Worker<Load>;
    readonly pipeWorker: Worker<RawPipe>;
    readonly pipe: Subject;
    readonly providerPort: number;
    readonly dataDir: string;
    readonly server: string | undefined;
    readonly database: readonly [string, () => Promise<void>] | undefined;
    readonly looking: Looking;
  }) {
    this.standIn = parts.standIn;
    this.load = parts.load;
    this.pipeWorker = parts.pipeWorker;
    this.pipe = parts.pipe;
    this.providerPort = parts.providerPort;
    this.dataDir = parts.dataDir;
    this.server = parts.server;
    this.databaseUrl = parts.database?.[0];
    this.dropDatabase = parts.database?.[1] ?? (() => Promise.resolve());
    this.profiles = parts.looking.profiles;
    this.isObserved = parts.looking.isObserved === true || this.profiles !== undefined;
  }

  /** `server`: a Postgres to make a database on, instead of the embedded one. */
  static async start(server: string | undefined, looking: Looking = {}): Promise<Rig> {
    pinOther(process.pid);
    const standIn = await Worker.start<StandIn>('stand-in');
    const providerPort = await standIn.ask('listen');
    const pipeWorker = await Worker.start<RawPipe>('raw-pipe', {
      measured: true,
      args: [String(providerPort)],
    });
    const port = await pipeWorker.ask('listen');
    const dataDir = await mkdtemp(join(tmpdir(), 'threadline-bench-'));
    // Root's Postgres runs under another account, which has to get in.
    await chmod(dataDir, 0o711);
    return new Rig({
      standIn,
      providerPort,
      pipeWorker,
      pipe: { name: 'pipe', pid: pipeWorker.pid, port },
      load: await Worker.start<Load>('load'),
      dataDir,
      server,
      database: server === undefined ? undefined : await makeDatabase(server),
      looking,
    });
  }

  /** The server, started when it is first asked for. */
  async threadline(): Promise<Threadline> {
    if (this.running !== undefined) return this.running;
    const { providerPort, dataDir, databaseUrl, isObserved } = this;
    this.running = await Threadline.start({ providerPort, dataDir, databaseUrl, isObserved });
    if (this.nextThread === 1) await this.seedOthers(this.running);
    return this.running;
  }

  /** A server beside that one, of this release or another, with a database of its own on the same Postgres. */
  async countedServer(entry?: string): Promise<CountedServer> {
    const { providerPort, dataDir } = this;
    if (this.server === undefined) await this.threadline();
    const server = this.server ?? embeddedUrl(dataDir, 'postgres');
    return CountedServer.start({ server, providerPort, dataDir, entry });
  }

  /** Ends what a measurement that failed has left behind. */
  async recover(): Promise<void> {
    await this.load.ask('close');
    await this.running?.stop();
    this.running = undefined;
  }

  /** The server in a new process, over the same data. */
  async freshThreadline(): Promise<Threadline> {
    await this.running?.stop();
    this.running = undefined;
    return this.threadline();
  }

  async subject(name: Subject['name']): Promise<Subject> {
    if (name === 'pipe') return this.pipe;
    if (name === 'naive') return (this.naive ??= await this.freshNaive())[0];
    if (name === 'direct') return { name, pid: this.standIn.pid, port: this.providerPort };
    const { pid, port } = await this.threadline();
    return { name, pid, port };
  }

  /** A raw pipe in a new process. */
  async freshPipe(): Promise<Running> {
    const worker = await Worker.start<RawPipe>('raw-pipe', {
      measured: true,
      args: [String(this.providerPort)],
    });
    const port = await worker.ask('listen');
    return [{ name: 'pipe', pid: worker.pid, port }, () => worker.stop()];
  }

  /** A naive Nest server in a new process. */
  async freshNaive(): Promise<Running> {
    const worker = await Worker.start<NaiveNest>('naive-nest', {
      measured: true,
      args: [String(this.providerPort)],
      hasDecorators: true,
    });
    const port = await worker.ask('listen');
    return [{ name: 'naive', pid: worker.pid, port }, () => worker.stop()];
  }

  /** Numbers for so many threads that nobody has used, with the threads when `user` is given. */
  async threads(count: number, user?: string): Promise<number> {
    const first = this.nextThread;
    this.nextThread += count;
    if (user !== undefined) await seedThreads((await this.threadline()).database.client, user, first, count);
    return first;
  }

  /** Posts of messages that are streamed: each to a thread of its own, so that no history comes with it. */
  streamJob(subject: Subject, plan: Plan, job: Shape): Promise<Job> {
    return this.postJob(subject, plan, { ...job, ...streamed(subject) });
  }

  /** The same with answers in one piece. */
  wholeJob(subject: Subject, plan: Plan, job: Shape): Promise<Job> {
    return this.postJob(subject, plan, { ...job, ...whole(subject) });
  }

  /** What a running job brings and costs from now on; a profile of it says what `load` it was. */
  async window(subject: Subject, milliseconds: number, load?: string): Promise<Window> {
    const before = await this.counters();
    const cost = await this.profiled(subject, () => this.cost(subject, () => sleep(milliseconds)), load);
    const after = await this.counters();
    return { ...cost, tokens: after.tokens - before.tokens, answers: after.answers - before.answers };
  }

  /** What this costs the subject and its database. */
  cost(subject: Subject, work: () => Promise<unknown>): Promise<Cost> {
    const postmaster = this.running?.database.postmaster;
    if (postmaster !== undefined) pinFamily(postmaster);
    return costOf(subject.pid, hasDatabase(subject) ? postmaster : 'none', work);
  }

  /** Does the work, with a profile of the server where profiles are wanted. */
  async profiled<T>(subject: Subject, work: () => Promise<T>, load?: string): Promise<T> {
    if (this.profiles === undefined || !hasDatabase(subject)) return work();
    return this.profiles.take((await this.threadline()).observer, subject.name, load, work);
  }

  async counters(): Promise<Counters> {
    const counters = await this.load.ask('counters');
    if (counters === undefined) throw new Error('no job is running');
    if (counters.failures > 0) {
      throw new Error(`${counters.failures} requests failed; the first: ${counters.firstFailure}`);
    }
    return counters;
  }

  async stop(): Promise<void> {
    await this.load.stop();
    await this.running?.stop();
    await this.pipeWorker.stop();
    await this.naive?.[1]();
    await this.standIn.stop();
    await this.dropDatabase();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** A database that is in use: plans for empty tables would be measured otherwise. */
  private async seedOthers({ database: { client } }: Threadline): Promise<void> {
    for (let other = 0; other < OTHERS; other += 1) {
      const first = await this.threads(THREADS_OF_OTHERS);
      await seedThreads(client, `other-${other}`, first, THREADS_OF_OTHERS);
      await seedMessages(client, first, THREADS_OF_OTHERS, MESSAGES_OF_OTHERS);
    }
    await settleTables(client);
  }

  private async postJob(
    subject: Subject,
    plan: Plan,
    job: Shape & ReturnType<typeof streamed>,
  ): Promise<Job> {
    await this.standIn.ask('plan', plan);
    const common = {
      ...job,
      port: subject.port,
      method: 'POST',
      tokens: plan.tokens,
      firstThread: 0,
    } as const;
    if (!hasDatabase(subject)) return common;
    const token = await (await this.threadline()).tokenFor(USER);
    if (subject.name === 'gateway') return { ...common, token };
    return { ...common, token, firstThread: await this.threads(job.requests, USER) };
  }
}
