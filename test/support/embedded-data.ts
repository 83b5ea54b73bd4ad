import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdtemp, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../src/platform/database/embedded/index.js';

interface Outcome {
  readonly connectionString?: string;
  readonly location?: string;
  readonly reused?: boolean;
  readonly refused?: string;
}

/** Another process that starts an embedded database, and what came of that. */
export interface Holder {
  readonly child: ChildProcess;
  readonly outcome: Outcome;
}

/** A folder for the data of an embedded Postgres, and who starts one over it. */
export interface EmbeddedData {
  readonly dataDir: string;
  start(more?: Partial<EmbeddedPostgresOptions>): Promise<EmbeddedPostgres>;
  startHolder(more?: Partial<EmbeddedPostgresOptions>): Promise<Holder>;
  /** A process that is just about to start one. */
  spawnHolder(more?: Partial<EmbeddedPostgresOptions>): ChildProcess;
  finish(child: ChildProcess): Promise<void>;
  /** Where the data are, behind the link, if there is one. */
  realLocation(): Promise<string>;
}

/** An empty folder for each test of the surrounding `describe`; what runs over it at its end is stopped. */
export function embeddedData(): EmbeddedData {
  let dataDir: string;
  let open: EmbeddedPostgres[];
  let children: ChildProcess[];

  beforeEach(async () => {
    // Named so that the next run clears it away, server and all, if this one is cut off.
    const home = await mkdtemp(join(tmpdir(), `threadline-test-${process.pid}-`));
    // Root's server runs as another user, who has to get through.
    await chmod(home, 0o711);
    dataDir = join(home, 'data');
    open = [];
    children = [];
  });

  afterEach(async () => {
    await Promise.all(children.map(finish));
    await Promise.all(open.map((database) => database.stop()));
    // What a failed test left running is found by its data and stopped with them.
    const left = await stat(join(dataDir, 'postgres', 'postmaster.pid')).catch(() => undefined);
    if (left !== undefined) await (await start()).stop();
    const link = await lstat(join(dataDir, 'postgres')).catch(() => undefined);
    if (link?.isSymbolicLink()) await rm(dirname(await realLocation()), { recursive: true, force: true });
    await rm(dirname(dataDir), { recursive: true, force: true });
  });

  async function start(more: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
    const database = await startEmbeddedPostgres({ dataDir, durable: false, ...more });
    open.push(database);
    return database;
  }

  function spawnHolder(more: Partial<EmbeddedPostgresOptions> = {}): ChildProcess {
    const holder = resolve('test/setup/embedded-postgres-holder.ts');
    const child = spawn(process.execPath, [holder, dataDir, JSON.stringify(more)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    return child;
  }

  async function startHolder(more: Partial<EmbeddedPostgresOptions> = {}): Promise<Holder> {
    const child = spawnHolder(more);
    const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
    return { child, outcome: JSON.parse(line) as Outcome };
  }

  async function realLocation(): Promise<string> {
    const place = join(dataDir, 'postgres');
    return (await lstat(place)).isSymbolicLink() ? readlink(place) : place;
  }

  return {
    ...{ start, startHolder, spawnHolder, finish, realLocation },
    get dataDir() {
      return dataDir;
    },
  };
}

async function finish(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.stdin?.end();
  await once(child, 'exit');
}

/** The `answer` of the first row. */
export async function answerOf(connectionString: string, text: string): Promise<string> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(text);
    return String(rows[0]?.answer);
  } finally {
    await client.end();
  }
}

/** The number of the server's process, as its data say. */
export async function postmasterPid(location: string): Promise<number> {
  return Number((await readFile(join(location, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** The same server's superuser, in the database that is none of the application's. */
export const superuserOf = (connectionString: string) =>
  connectionString.replace('//threadline@/threadline', '//postgres@/postgres');
