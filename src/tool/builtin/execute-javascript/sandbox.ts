import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { ConcurrencyLimit, waitAtMost } from '../../../kernel/index.js';
import { ConsoleBuffer } from './console-buffer.js';
import type { ProgramEnd, ProgramOrder } from './program.js';

const ENGINE = '@jitl/quickjs-wasmfile-release-sync/wasm';
/** A program that can be interrupted is, so much before its worker is ended. */
const INTERRUPTED_BEFORE_MS = 200;
/** The heap of a worker holds no program's values, which are in the engine's memory; its stack holds the engine's calls. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 32 };
/** How long a result waits for its worker to be gone; the worker's place waits for as long as it takes. */
const GONE_WITHIN_MS = 300;

export interface SandboxOptions {
  /** How long a program may take, with the start of its worker. */
  readonly runMs: number;
  /** How many programs run at once; the others wait, owners taking turns. */
  readonly workers: number;
  readonly maxWaiting: number;
  readonly maxWaitingPerOwner: number;
  readonly maxWaitMs: number;
  /** The file of the worker; only tests have another one than the build. */
  readonly worker: URL;
}

/** What came of a program. */
export interface ProgramOutcome {
  readonly end: ProgramEnd;
  readonly console: string;
  readonly isConsoleCut: boolean;
}

/** Too many programs wait, or one has waited too long. */
export class SandboxBusyError extends Error {
  override readonly name = 'SandboxBusyError';
}

/** Runs programs that nobody trusts, each in a thread and an engine of its own, which are gone afterwards. */
export class Sandbox {
  private readonly limit: ConcurrencyLimit;
  private engine: Promise<WebAssembly.Module> | undefined;
  private live = 0;

  constructor(private readonly options: SandboxOptions) {
    const { workers, maxWaiting, maxWaitingPerOwner, maxWaitMs } = options;
    this.limit = new ConcurrencyLimit({
      slots: workers,
      maxWaiting,
      maxWaitingPerOwner,
      maxWaitMs,
      refusal: () => new SandboxBusyError('too many programs'),
    });
  }

  /** The workers that are there now. */
  get liveWorkers(): number {
    return this.live;
  }

  /**
   * Runs a program. Throws {@link SandboxBusyError}, the signal's reason as soon as it aborts, and otherwise only for faults
   * of the server.
   */
  run(owner: string, code: string, signal: AbortSignal): Promise<ProgramOutcome> {
    const outcome = Promise.withResolvers<ProgramOutcome>();
    const isGone = this.limit.run(owner, () => this.runInPlace(code, signal, outcome), signal);
    isGone.catch(outcome.reject);
    return outcome.promise;
  }

  /** Settles the outcome as soon as there is one, and resolves when the worker is gone. */
  private async runInPlace(
    code: string,
    signal: AbortSignal,
    outcome: PromiseWithResolvers<ProgramOutcome>,
  ): Promise<void> {
    const engine = await (this.engine ??= loadEngine());
    signal.throwIfAborted();
    const { runMs, worker: file } = this.options;
    const output = new ConsoleBuffer();
    const deadline = Date.now() + runMs - INTERRUPTED_BEFORE_MS;
    const order: ProgramOrder = { code, engine, console: output.memory, deadline };
    const worker = new Worker(file, {
      workerData: order,
      // Nothing of this process is there: no environment, no arguments, no preloaded modules, no output.
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: RESOURCE_LIMITS,
    });
    this.live += 1;
    worker.once('exit', () => (this.live -= 1));
    try {
      const end = await endOf(worker, runMs, signal);
      await waitAtMost(GONE_WITHIN_MS, worker.terminate());
      outcome.resolve({ end, console: output.read(), isConsoleCut: output.isCut });
    } catch (error) {
      await waitAtMost(GONE_WITHIN_MS, worker.terminate());
      outcome.reject(error);
    }
    await worker.terminate();
  }
}

/** What the worker says, or what stops it. */
async function endOf(worker: Worker, runMs: number, signal: AbortSignal): Promise<ProgramEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<ProgramEnd>();
  const onAbort = () => reject(signal.reason as Error);
  const timer = setTimeout(() => resolve({ kind: 'out-of-time' }), runMs);
  signal.addEventListener('abort', onAbort, { once: true });
  worker.once('message', resolve);
  worker.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') resolve({ kind: 'out-of-memory' });
    else reject(error);
  });
  worker.once('exit', () => reject(new Error('The worker of a program ended without a word.')));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Compiled once: workers share its code. */
async function loadEngine(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(createRequire(import.meta.url).resolve(ENGINE)));
}
