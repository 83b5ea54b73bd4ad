import { ConfigError, type Config } from './platform/config/index.js';
import { StartError, startServer, startWorker } from './server.js';
import { welcome, workerWelcome } from './welcome.js';

/** A terminal waits for us: what Ctrl-C asks for is over in five seconds, the database included. */
const INTERRUPT_GRACE_MS = 1_000;
const INTERRUPT_LIMIT_MS = 4_800;
/** What stopping may take beyond the grace that turns are given. */
const STOP_LIMIT_MS = 15_000;
/** npm passes a Ctrl-C on that the terminal has already sent: one press, two signals. */
const SAME_PRESS_MS = 500;

interface Running {
  stop(graceMs: number): Promise<void>;
}

/** Runs the process from its settings to its last signal; what goes wrong on the way is said in words, and ends it. */
export function runProcess(settings: () => Config): void {
  run(settings).catch(fail);
}

async function run(settings: () => Config): Promise<void> {
  const config = settings();
  const stopping = stopOnSignal(config);
  const { running, greeting } = config.ROLE === 'worker' ? await work(config) : await serve(config);
  if (stopping.ready(running)) console.log(greeting);
}

async function work(config: Config) {
  return { running: await startWorker(config), greeting: workerWelcome(config) };
}

async function serve(config: Config) {
  const running = await startServer(config, (line) => console.log(line));
  running.embedded?.onLost(() =>
    fail(
      'The embedded Postgres ended by itself. Start again: what was stored is there, and running turns go on.',
    ),
  );
  return { running, greeting: await welcome(running, config) };
}

/** Signals that come before the server is ready are kept until it is; `ready` says whether it may go on. */
function stopOnSignal(config: Config): { ready(running: Running): boolean } {
  const { promise: server, resolve: ready } = Promise.withResolvers<Running>();
  let first = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    const isAgain = first > 0;
    if (isAgain && Date.now() - first < SAME_PRESS_MS) return;
    if (isAgain) process.exit(1);
    first = Date.now();
    const isTerminal = signal === 'SIGINT';
    const graceMs = isTerminal
      ? Math.min(INTERRUPT_GRACE_MS, config.SHUTDOWN_GRACE_MS)
      : config.SHUTDOWN_GRACE_MS;
    setTimeout(() => process.exit(1), isTerminal ? INTERRUPT_LIMIT_MS : graceMs + STOP_LIMIT_MS).unref();
    server
      .then((running) => running.stop(graceMs))
      .then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return {
    ready: (running) => {
      ready(running);
      return first === 0;
    },
  };
}

function fail(error: unknown): never {
  console.error(inWords(error));
  process.exit(1);
}

/** What an operator can do something about is said in a sentence; the rest with its stack. */
function inWords(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartError) return error.message;
  if (!(error instanceof Error)) return String(error);
  return listeningInWords(error) ?? databaseInWords(error) ?? error.stack ?? error.message;
}

function listeningInWords(error: NodeJS.ErrnoException): string | undefined {
  const { code, syscall } = error;
  if (code === 'EADDRINUSE')
    return `Port ${(error as { readonly port?: number }).port} is taken by another program. Stop that program, or set PORT to another one.`;
  if (code === 'EACCES' && syscall === 'listen')
    return 'This user may not listen on that port. Set PORT to one above 1023.';
  return undefined;
}

const UNKNOWN_DATABASE = '3D000';
const LOGIN_REFUSED: ReadonlySet<string | undefined> = new Set(['28000', '28P01']);
const INSUFFICIENT_PRIVILEGE = '42501';

/** With what the database says, which names roles and databases, and never with the address: it holds the password. */
function databaseInWords(error: NodeJS.ErrnoException): string | undefined {
  const { code, message } = error;
  if (isUnreachable(error))
    return `The database could not be reached (${message || code}). Check DATABASE_URL, or unset it to use the embedded one.`;
  if (code === UNKNOWN_DATABASE)
    return `The database server has no such database (${message}). Create it (CREATE DATABASE), or name another one in DATABASE_URL.`;
  // Where a password is wanted and none is given, the driver gives up by itself, without a code.
  if (LOGIN_REFUSED.has(code) || message.startsWith('SASL:'))
    return `The database refused the login (${message}). Check the role and the password in DATABASE_URL.`;
  if (code === INSUFFICIENT_PRIVILEGE)
    return `The role of DATABASE_URL lacks a right (${message}). GRANT it, or let the role own the database.`;
  return undefined;
}

/** A name with several addresses fails with an error that has a code, but neither a message nor a system call. */
function isUnreachable({ code, syscall }: NodeJS.ErrnoException): boolean {
  return (
    code === 'ECONNREFUSED' || code === 'ENOTFOUND' || syscall === 'connect' || syscall === 'getaddrinfo'
  );
}
