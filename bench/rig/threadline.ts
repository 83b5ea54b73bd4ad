import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignJWT } from 'jose';
import { pinFamily, pinMeasured } from './cores.ts';
import { embeddedUrl, openDatabase, type BenchDatabase } from './database.ts';
import { ORG } from './seed.ts';
import type { Observer } from './observer.ts';
import { Questions } from './worker.ts';
import { freePort } from '../../test/support/free-port.ts';

const ENTRY = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const OBSERVER = new URL('./observer.ts', import.meta.url).href;
const SECRET = 'a-secret-for-the-bench-and-for-nothing-else';
const START_LIMIT_MS = 60_000;

export interface ThreadlineOptions {
  readonly providerPort: number;
  readonly dataDir: string;
  /** Unset: the embedded database in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Another release's `main.js`, instead of this one's. */
  readonly entry?: string;
  /** Whether it can be asked for profiles and its heap. */
  readonly isObserved?: boolean;
  /** Further variables, over those of every measure. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The server under test, in a process and on a core of its own. */
export class Threadline {
  readonly pid: number;
  readonly port: number;
  readonly database: BenchDatabase;
  /** Looks at the server from inside, where it is observed. */
  readonly observer: Questions<Observer>;
  private readonly child: ChildProcess;
  private isStopping = false;

  private constructor(child: ChildProcess, port: number, database: BenchDatabase) {
    this.child = child;
    this.pid = child.pid ?? 0;
    this.port = port;
    this.database = database;
    this.observer = new Questions<Observer>(child, 'the server');
    child.once('exit', (code, signal) => {
      if (!this.isStopping)
        console.error(`The server ended with ${code ?? signal}, and nobody here asked it to.`);
    });
  }

  static async start({
    providerPort,
    dataDir,
    databaseUrl,
    entry = ENTRY,
    isObserved = false,
    environment = {},
  }: ThreadlineOptions): Promise<Threadline> {
    const port = await freePort();
    const child = spawn(process.execPath, [...(isObserved ? ['--import', OBSERVER] : []), entry], {
      // Elsewhere, so that nobody's .env is read.
      cwd: dataDir,
      // Its log, too: an answer that goes wrong in a run is explained there.
      stdio: ['ignore', 2, 'inherit', ...(isObserved ? (['ipc'] as const) : [])],
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'production',
        JWT_SECRET: SECRET,
        RATE_LIMIT: 'off',
        MAX_STREAMS_PER_USER: '100000',
        MAX_CONCURRENT_TURNS: '100000',
        OPENAI_URL: `http://127.0.0.1:${providerPort}/v1`,
        LOG_LEVEL: 'warn',
        PORT: String(port),
        DATA_DIR: dataDir,
        SHUTDOWN_GRACE_MS: '500',
        STOP_WITH_PARENT: String(process.pid),
        ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
        ...environment,
      },
    });
    try {
      await untilReady(child, port);
      const database = await openDatabase(databaseUrl ?? embeddedUrl(dataDir));
      // The embedded database is the server's child and would share its core.
      if (database.postmaster !== undefined) pinFamily(database.postmaster);
      pinMeasured(child.pid ?? 0);
      return new Threadline(child, port, database);
    } catch (error) {
      child.kill('SIGTERM');
      throw error;
    }
  }

  /** A token of this user. */
  tokenFor(user: string): Promise<string> {
    return new SignJWT({ org: ORG })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(user)
      .setExpirationTime('2h')
      .sign(new TextEncoder().encode(SECRET));
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.database.client.end().catch(() => undefined);
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await gone;
  }
}

async function untilReady(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
    if (response?.ok === true) return;
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`The server ended with ${child.exitCode ?? child.signalCode} while it was starting.`);
    }
    if (Date.now() > deadline) throw new Error('The server was not ready within a minute.');
    await sleep(50);
  }
}
