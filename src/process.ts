import { onParentEnd } from './parent-watch.js';
import { type Config } from './platform/config/index.js';
import { startServer, startWorker } from './server.js';
import { welcome, workerWelcome } from './welcome.js';
import { operatorMessage } from './operator-message.js';

/**
 * Time limits after Ctrl-C, where a terminal waits: everything, the database included, has stopped within five seconds.
 */
const INTERRUPT_GRACE_MS = 1_000;
const INTERRUPT_LIMIT_MS = 4_800;
/** The time limit for stopping, in addition to the turns' own. */
const STOP_LIMIT_MS = 15_000;
/** npm forwards a Ctrl-C that the terminal has already sent: one key press, two signals. */
const SAME_PRESS_MS = 500;

interface Running {
  stop(graceMs: number): Promise<void>;
}

/** Runs the process until it is signalled to stop; an error is printed as a sentence and ends it. */
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
  return { running: await startWorker(config, (line) => console.log(line)), greeting: workerWelcome(config) };
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

/**
 * Stops the server on a signal, or when the parent process ends. A signal before the server is ready takes effect when
 * it is; `ready` returns whether it may continue.
 */
function stopOnSignal(config: Config): { ready(running: Running): boolean } {
  const { promise: server, resolve: ready } = Promise.withResolvers<Running>();
  let first = 0;
  const stop = (isTerminal: boolean) => {
    first = Date.now();
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
  const onSignal = (signal: NodeJS.Signals) => {
    if (first === 0) return stop(signal === 'SIGINT');
    if (Date.now() - first >= SAME_PRESS_MS) process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  onParentEnd(config, () => {
    // A signal may have ended the parent too: that does not count as a second signal.
    if (first === 0) stop(false);
  });
  return {
    ready: (running) => {
      ready(running);
      return first === 0;
    },
  };
}

function fail(error: unknown): never {
  console.error(operatorMessage(error));
  process.exit(1);
}
