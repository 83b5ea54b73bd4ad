import 'reflect-metadata';
import { welcome } from './welcome.js';
import { ConfigError, loadConfig, readEnvironment, type Config } from './platform/config/index.js';
import { StartError, startServer, type Server } from './server.js';

/** A terminal waits for us: what Ctrl-C asks for is over in five seconds, the database included. */
const INTERRUPT_GRACE_MS = 2_000;
const INTERRUPT_LIMIT_MS = 4_800;
/** What stopping may take beyond the grace that turns are given. */
const STOP_LIMIT_MS = 15_000;
/** npm passes a Ctrl-C on that the terminal has already sent: one press, two signals. */
const SAME_PRESS_MS = 500;

async function main(): Promise<void> {
  const config = loadConfig(readEnvironment());
  const stopping = stopOnSignal(config);
  const server = await startServer(config, (line) => console.log(line));
  server.embedded?.onLost(() =>
    fail(
      'The embedded Postgres ended by itself. Start again: what was stored is there, running turns are ended.',
    ),
  );
  const greeting = await welcome(server, config);
  if (stopping.ready(server)) console.log(greeting);
}

/** Signals that come before the server is ready are kept until it is; `ready` says whether it may go on. */
function stopOnSignal(config: Config): { ready(server: Server): boolean } {
  const { promise: server, resolve: ready } = Promise.withResolvers<Server>();
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
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `Port ${(error as { readonly port?: number }).port} is taken by another program. Stop that program, or set PORT to another one.`;
  if (code === 'EACCES' && syscall === 'listen')
    return 'This user may not listen on that port. Set PORT to one above 1023.';
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') {
    return `The database could not be reached (${error.message}). Check DATABASE_URL, or unset it to use the embedded one.`;
  }
  return error.stack ?? error.message;
}

main().catch(fail);
