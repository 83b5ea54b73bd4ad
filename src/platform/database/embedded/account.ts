import { run } from './run.js';

/** The operating system account that runs the server when this process is root. */
export interface ServerAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Accounts that exist on every system or were created by a Postgres package; the first existing one is used. */
const CANDIDATES = ['postgres', 'nobody'] as const;

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The account for a server started by root, which Postgres refuses to run as. Throws with a message if there is none.
 */
export async function defaultAccount(): Promise<ServerAccount> {
  for (const name of CANDIDATES) {
    const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)]);
    if (uid !== undefined && gid !== undefined && uid !== 0) return { name, uid, gid };
  }
  throw new Error(
    'Postgres refuses to run as root, and this system has neither a user "postgres" nor a user "nobody" to run it as. ' +
      'Start Threadline as an ordinary user, or set DATABASE_URL to a Postgres of your own.',
  );
}

async function idOf(flag: '-u' | '-g', name: string): Promise<number | undefined> {
  const { code, stdout } = await run('id', [flag, name], {});
  return code === 0 ? parseId(stdout) : undefined;
}

/** A user's or group's number as `id` prints it, in the signed form that processes are started with. */
export function parseId(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^-?\d{1,10}$/.test(trimmed)) return undefined;
  return Number(trimmed) | 0;
}

/** Whether the account (or this process's own) passes the shell's `test` for each flag and path. */
export async function passes(
  account: ServerAccount | undefined,
  tests: readonly (readonly ['-x' | '-r', string])[],
): Promise<boolean> {
  // The kernel's answer includes access lists and mount options, which the mode bits do not.
  const script = tests.map(([flag], index) => `test ${flag} "$${index + 1}"`).join(' && ');
  const { code } = await run('/bin/sh', ['-c', script, 'sh', ...tests.map(([, path]) => path)], { account });
  return code === 0;
}
