import pg from 'pg';
import { SUPERUSER } from './cluster.js';
import { DIRECTORY_LOCK } from './directory-lock.js';
import type { RunningServer } from './server.js';
import { connectionString } from './settings.js';

/** How often it is looked for an owner. */
const LOOK_SECONDS = 2;
const RESTART_MS = 500;
const NAME = 'threadline-guard';

/**
 * A session inside the server that ends the server when nobody has held the directory lock for so many seconds. It needs
 * nobody outside: it goes on when its client is killed, and cannot be killed without the server noticing.
 */
export class OwnerWatchdog {
  private isOver = false;

  constructor(
    private readonly server: RunningServer,
    private readonly ownerlessSeconds: number,
    private readonly log: (line: string) => void,
  ) {}

  /** Resolves when the guard watches; what goes wrong is told, and tried again. */
  async start(): Promise<void> {
    const client = new pg.Client({
      connectionString: connectionString(this.server.endpoint, SUPERUSER, 'postgres'),
      application_name: NAME,
      connectionTimeoutMillis: 5_000,
      options: UNDISTURBED,
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
    // It answers when it is cut, or in the moment of the server's end.
    client.query(watch(this.ownerlessSeconds)).catch(() => undefined);
    // The types leave it out: an open session must not keep the process alive.
    (client as pg.Client & { unref(): void }).unref();
    client.once('end', () => this.restartLater());
  }

  /** The server is being stopped, or is another owner's from here on. */
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

/** It outlives its client and every statement, whatever the defaults are. */
const UNDISTURBED = '-c client_connection_check_interval=0 -c statement_timeout=0';

/** A guard is its owner's; the former owner's would do as well, but may be of another release. */
const REPLACE_FORMER = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE application_name = $1 AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;

/**
 * Ends the postmaster as an operator would (fast, and after ten seconds immediate), and clears its folder in /tmp away.
 * Postgres has no SQL function for it, so a shell of its own account does it; its text is ours alone.
 */
const END_SERVER = [
  // The server tells each session's group of processes to end, and this shell is of its session's.
  'trap "" INT TERM QUIT HUP;',
  'cat >/dev/null;',
  'pid=$(head -n 1 postmaster.pid) && folder=$(sed -n 5p postmaster.pid) && kill -INT "$pid" &&',
  '(n=0; while kill -0 "$pid"; do n=$((n+1)); [ $n -eq 100 ] && kill -QUIT "$pid"; [ $n -gt 150 ] && exit; sleep 0.1; done;',
  'case "$folder" in */threadline-pg-*) rmdir "$folder";; esac) </dev/null >/dev/null 2>&1 &',
].join(' ');

/**
 * The lock is asked for before the end, so that whoever comes in that moment waits for the server's end instead of
 * connecting to a server that is about to go. A transaction a look: none may grow old.
 */
const watch = (ownerlessSeconds: number) => `
DO $guard$
DECLARE
  ownerless integer := 0;
BEGIN
  LOOP
    PERFORM pg_sleep(${LOOK_SECONDS});
    IF EXISTS (
      SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND (classid::bigint << 32 | objid::bigint) = ${DIRECTORY_LOCK}
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) THEN
      ownerless := 0;
    ELSE
      ownerless := ownerless + ${LOOK_SECONDS};
    END IF;
    EXIT WHEN ownerless >= ${ownerlessSeconds} AND pg_try_advisory_lock(${DIRECTORY_LOCK});
    COMMIT;
  END LOOP;
  RAISE LOG 'nobody has used this database for ${ownerlessSeconds} seconds: its server ends by itself';
  COPY (SELECT 1) TO PROGRAM '${END_SERVER.replaceAll("'", "''")}';
END
$guard$`;
