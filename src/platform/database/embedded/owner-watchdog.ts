import pg from 'pg';
import { SUPERUSER } from './cluster.js';
import { DIRECTORY_LOCK } from './directory-lock.js';
import type { RunningServer } from './server.js';
import { connectionString } from './settings.js';

/** How often the owner is checked. */
const POLL_SECONDS = 2;
const RESTART_MS = 500;
const NAME = 'threadline-guard';

/**
 * A session inside the server that stops the server when the directory lock was free for some seconds. It depends on no
 * outside process: it survives its client, and cannot be killed without the server noticing.
 */
export class OwnerWatchdog {
  private isOver = false;

  constructor(
    private readonly server: RunningServer,
    private readonly ownerlessSeconds: number,
    private readonly log: (line: string) => void,
  ) {}

  /** Resolves when the watchdog runs; errors are logged, and the start is retried. */
  async start(): Promise<void> {
    const client = new pg.Client({
      connectionString: connectionString(this.server.endpoint, SUPERUSER, 'postgres'),
      application_name: NAME,
      connectionTimeoutMillis: 5_000,
      options: SESSION_OPTIONS,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(REPLACE_FORMER, [NAME]);
    } catch (error) {
      client.end().catch(() => undefined);
      if (!this.isOver && !this.server.hasEnded())
        this.log(`The embedded Postgres is not guarded yet: ${(error as Error).message}.`);
      this.restartLater();
      return;
    }
    // The query returns when it is terminated, or when the server stops.
    client.query(watch(this.ownerlessSeconds)).catch(() => undefined);
    // Missing in the types: an open session must not keep the process alive.
    (client as pg.Client & { unref(): void }).unref();
    client.once('end', () => this.restartLater());
  }

  /** The server is being stopped, or has another owner from here on. */
  leave(): void {
    this.isOver = true;
  }

  private restartLater(): void {
    if (this.isOver || this.server.hasEnded()) return;
    setTimeout(() => {
      if (!this.isOver && !this.server.hasEnded()) void this.start();
    }, RESTART_MS).unref();
  }
}

/** The session must outlive its client, without a statement time-out. */
const SESSION_OPTIONS = '-c client_connection_check_interval=0 -c statement_timeout=0';

/** Terminates the former owner's watchdog, which may be of another release. */
const REPLACE_FORMER = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE application_name = $1 AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;

/**
 * Stops the postmaster as an operator would (fast, and after ten seconds immediate), and removes its folder in /tmp.
 * Postgres has no SQL function for that, so a shell of its account does it; its script is constant.
 */
const END_SERVER = [
  // The server signals each session's process group, and this shell is in its session's.
  'trap "" INT TERM QUIT HUP;',
  'cat >/dev/null;',
  'pid=$(head -n 1 postmaster.pid) && folder=$(sed -n 5p postmaster.pid) && kill -INT "$pid" &&',
  '(n=0; while kill -0 "$pid"; do n=$((n+1)); [ $n -eq 100 ] && kill -QUIT "$pid"; [ $n -gt 150 ] && exit; sleep 0.1; done;',
  'case "$folder" in */threadline-pg-*) rmdir "$folder";; esac) </dev/null >/dev/null 2>&1 &',
].join(' ');

/**
 * The lock is acquired before the server is stopped, so that a new owner waits for the stop instead of connecting to a
 * server that is about to end. One transaction per check, so that none grows old.
 */
const watch = (ownerlessSeconds: number) => `
DO $guard$
DECLARE
  ownerless integer := 0;
BEGIN
  LOOP
    PERFORM pg_sleep(${POLL_SECONDS});
    IF EXISTS (
      SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND (classid::bigint << 32 | objid::bigint) = ${DIRECTORY_LOCK}
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) THEN
      ownerless := 0;
    ELSE
      ownerless := ownerless + ${POLL_SECONDS};
    END IF;
    EXIT WHEN ownerless >= ${ownerlessSeconds} AND pg_try_advisory_lock(${DIRECTORY_LOCK});
    COMMIT;
  END LOOP;
  RAISE LOG 'nobody has used this database for ${ownerlessSeconds} seconds: its server ends by itself';
  COPY (SELECT 1) TO PROGRAM '${END_SERVER.replaceAll("'", "''")}';
END
$guard$`;
