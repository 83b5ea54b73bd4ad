import { onParentEnd } from './parent-watch.js';
import { type Config } from './platform/config/index.js';
import { startServer, startWorker } from './server.js';
import { welcome, workerWelcome } from './welcome.js';
import { inWords } from './words.js';

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
 * A signal, or the end of the process that this one ends with, stops the server. What comes before it is ready is kept
 * until it is; `ready` says whether it may go on.
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
    // Whoever ends us may well have ended the parent too: that is no second signal.
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
  console.error(inWords(error));
  process.exit(1);
}
