import { lstat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { onParentEnd } from './parent-watch.js';
import {
  ConfigError,
  loadDatabaseSettings,
  readEnvironment,
  type DatabaseSettings,
} from './platform/config/index.js';
import { BackupError } from './platform/database/backup/index.js';
import { DataInUseError, findEmbedded, startEmbeddedPostgres } from './platform/database/embedded/index.js';
import { operatorMessage } from './operator-message.js';

/** What somebody asked for on the command line. */
export interface BackupCommand {
  /** Absolute. */
  readonly file: string;
  readonly flags: ReadonlySet<string>;
  readonly settings: DatabaseSettings;
  /** Aborts on a signal, or when the parent process has ended. */
  readonly signal: AbortSignal;
}

/** Runs the command, reports the result in a sentence, and sets the exit code. */
export function runBackupCommand(
  usage: string,
  known: readonly string[],
  work: (command: BackupCommand) => Promise<string>,
): void {
  const controller = new AbortController();
  const stop = () => controller.abort(new BackupError('Stopped.'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  onParentEnd(
    { stopsWith: readEnvironment()['npm_lifecycle_event'] === undefined ? 'nobody' : 'parent' },
    stop,
  );
  run(usage, known, work, controller.signal).then(
    (sentence) => {
      process.stdout.write(`${sentence}\n`, () => process.exit(0));
    },
    (error: unknown) => {
      const isInWords = error instanceof BackupError || error instanceof ConfigError;
      process.stderr.write(`${isInWords ? error.message : operatorMessage(error)}\n`, () => process.exit(1));
    },
  );
}

async function run(
  usage: string,
  known: readonly string[],
  work: (command: BackupCommand) => Promise<string>,
  signal: AbortSignal,
): Promise<string> {
  const words = process.argv.slice(2);
  const files = words.filter((word) => !word.startsWith('--'));
  const flags = new Set(words.filter((word) => word.startsWith('--')));
  if (files.length !== 1 || files[0] === '' || [...flags].some((flag) => !known.includes(flag)))
    throw new BackupError(`Usage: ${usage}`);
  const environment = readEnvironment();
  // npm runs scripts in the package's folder; INIT_CWD is where it was called.
  const file = resolve(environment['INIT_CWD'] ?? '.', files[0]!);
  try {
    return await work({ file, flags, settings: loadDatabaseSettings(environment), signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

/**
 * Does the work on the database that the settings name. The embedded one is started for it unless it runs; `alone`: no
 * server may have it meanwhile, and one is made where there is none.
 */
export async function onDatabase<Result>(
  { DATABASE_URL, DATA_DIR }: DatabaseSettings,
  how: 'alone' | 'beside',
  work: (connectionString: string) => Promise<Result>,
): Promise<Result> {
  if (DATABASE_URL !== undefined) return work(DATABASE_URL);
  if (how === 'beside' && !(await isThere(join(DATA_DIR, 'postgres'))))
    throw new BackupError(
      `There is no database in ${resolve(DATA_DIR)}. Set DATA_DIR or DATABASE_URL as the server has it.`,
    );
  const embedded = await startEmbeddedPostgres({ dataDir: DATA_DIR }).catch((error: Error) => {
    if (how === 'beside' && error instanceof DataInUseError) return undefined;
    throw new BackupError(error.message, { cause: error });
  });
  if (embedded === undefined) return work((await findEmbedded(DATA_DIR)) ?? '');
  try {
    return await work(embedded.connectionString);
  } finally {
    await embedded.stop();
  }
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
