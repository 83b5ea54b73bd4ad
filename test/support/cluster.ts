import type { OpenAiStandIn, RecordedRequest } from '../doubles/openai-stand-in.js';
import { freshDatabase } from '../setup/test-database.js';
import { startServerProcess, type ServerProcess } from './server-process.js';
import { TestUser, tokenFor } from './test-user.js';

export type Role = 'all' | 'api' | 'worker';

/** One process of a cluster. Its name is the key it asks the provider with, so a request tells who sent it. */
export interface Replica {
  readonly name: string;
  readonly role: Role;
  readonly url: string;
  readonly process: ServerProcess;
}

export interface ClusterOptions {
  readonly roles: readonly Role[];
  readonly standIn: Pick<OpenAiStandIn, 'url' | 'requests'>;
  readonly environment?: Record<string, string>;
  /** A database of its own when unset. */
  readonly connectionString?: string | undefined;
  /** What each process runs in place of the built server, as arguments of Node. */
  readonly program?: readonly string[];
}

/** Several server processes over one database, which can be killed, stopped, frozen and replaced. */
export class Cluster {
  private readonly up = new Map<string, Replica>();
  private readonly all: Replica[] = [];
  private readonly away = new Set<string>();
  private made = 0;

  private constructor(
    readonly connectionString: string,
    private readonly options: ClusterOptions,
    private readonly drop: () => Promise<void>,
  ) {}

  static async start(options: ClusterOptions): Promise<Cluster> {
    const own = options.connectionString === undefined ? await freshDatabase() : undefined;
    const connectionString = own?.connectionString ?? options.connectionString!;
    const cluster = new Cluster(connectionString, options, () => own?.drop() ?? Promise.resolve());
    try {
      await Promise.all(options.roles.map((role) => cluster.add(role)));
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** Starts one more process, of the release whose `main.js` it is; resolves when it is ready. */
  async add(role: Role, environment: Record<string, string> = {}, main?: string): Promise<Replica> {
    this.made += 1;
    const name = `replica-${this.made}`;
    const settings = {
      DATABASE_URL: this.connectionString,
      OPENAI_URL: this.options.standIn.url,
      OPENAI_API_KEY: name,
      ROLE: role,
      DATABASE_POOL_SIZE: '4',
      MAX_STREAMS_PER_USER: '10000',
      ...this.options.environment,
      ...environment,
    };
    const program = main === undefined ? this.options.program : [main];
    const started = await startServerProcess(settings, program);
    const replica = { name, role, url: started.url, process: started };
    this.up.set(name, replica);
    this.all.push(replica);
    return replica;
  }

  /** All processes that are up. */
  get running(): readonly Replica[] {
    return [...this.up.values()];
  }

  /** The processes that clients can reach. */
  get serving(): readonly Replica[] {
    return [...this.up.values()].filter(({ name, role }) => role !== 'worker' && !this.away.has(name));
  }

  /** The addresses of those processes, but for one. */
  urls(except?: Replica): readonly string[] {
    return this.serving.filter((replica) => replica !== except).map(({ url }) => url);
  }

  /** Who is being answered by the provider's request; `undefined` for a process that is gone. */
  asker({ headers }: Pick<RecordedRequest, 'headers'>): Replica | undefined {
    return this.up.get(headers.authorization?.replace('Bearer ', '') ?? '');
  }

  /** Kills it without a word. */
  async kill(replica: Replica): Promise<void> {
    this.up.delete(replica.name);
    await replica.process.end('SIGKILL');
  }

  /** Asks it to stop, as a deploy does; resolves with its exit code when it is gone. */
  async retire(replica: Replica): Promise<number | NodeJS.Signals | null> {
    this.away.add(replica.name);
    const code = await replica.process.end('SIGTERM');
    this.up.delete(replica.name);
    return code;
  }

  /** Stops it in mid-breath: to everybody else it looks as if it were dead. */
  freeze(replica: Replica): void {
    this.away.add(replica.name);
    replica.process.child.kill('SIGSTOP');
  }

  thaw(replica: Replica): void {
    replica.process.child.kill('SIGCONT');
    this.away.delete(replica.name);
  }

  /** A user of the replica: the same one for every replica, unless the claims differ. */
  async user(replica: Replica, claims: Record<string, unknown> = {}): Promise<TestUser> {
    return new TestUser(replica.url, await tokenFor(claims));
  }

  /** What all processes have printed, the ended ones included. */
  output(): string {
    return this.all.map(({ name, process }) => `--- ${name}\n${process.output()}`).join('\n');
  }

  async close(): Promise<void> {
    for (const { process } of this.all) process.child.kill('SIGCONT');
    await Promise.all(this.all.map(({ process }) => process.end('SIGKILL')));
    await this.drop();
  }
}
