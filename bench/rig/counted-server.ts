import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { byWayOf, makeDatabase, placeOf } from './database.ts';
import { processorSeconds } from './proc.ts';
import type { StatementCounter } from './statement-counter.ts';
import { Threadline } from './threadline.ts';
import { Worker } from './worker.ts';

export interface CountedOptions {
  /** The Postgres on which it gets a database of its own. */
  readonly server: string;
  readonly providerPort: number;
  /** In which it gets a folder of its own. */
  readonly dataDir: string;
  readonly entry: string | undefined;
}

/** A server with a database of its own, of which every statement that it sends there is counted. */
export class CountedServer {
  readonly counter: Worker<StatementCounter>;
  private running: Threadline;
  private readonly start: () => Promise<Threadline>;
  private readonly drop: () => Promise<void>;

  private constructor(
    running: Threadline,
    counter: Worker<StatementCounter>,
    start: () => Promise<Threadline>,
    drop: () => Promise<void>,
  ) {
    this.running = running;
    this.counter = counter;
    this.start = start;
    this.drop = drop;
  }

  static async start({ server, providerPort, dataDir, entry }: CountedOptions): Promise<CountedServer> {
    const [databaseUrl, drop] = await makeDatabase(server);
    const counter = await Worker.start<StatementCounter>('statement-counter');
    const counted = byWayOf(await counter.ask('listen', placeOf(databaseUrl)), databaseUrl);
    const options = {
      providerPort,
      databaseUrl,
      dataDir: await mkdtemp(join(dataDir, 'counted-')),
      environment: { DATABASE_URL: counted },
      ...(entry === undefined ? {} : { entry }),
    };
    const start = () => Threadline.start(options);
    try {
      return new CountedServer(await start(), counter, start, drop);
    } catch (error) {
      await counter.stop();
      await drop();
      throw error;
    }
  }

  get threadline(): Threadline {
    return this.running;
  }

  /** A new process over the same data. */
  async restart(): Promise<void> {
    await this.running.stop();
    this.running = await this.start();
  }

  /** Processor seconds that the sessions of its database have used so far; those that have ended are not in it. */
  async sessionSeconds(): Promise<number> {
    const { rows } = await this.running.database.client.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
       WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    );
    return rows.reduce((sum, { pid }) => sum + processorSeconds(pid), 0);
  }

  async stop(): Promise<void> {
    await this.running.stop();
    await this.counter.stop();
    await this.drop();
  }
}
