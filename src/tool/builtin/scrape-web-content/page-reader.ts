import { Worker } from 'node:worker_threads';
import { ConcurrencyLimit } from '../../../kernel/index.js';
import { PageProblem, type Page } from './page.js';
import type { PageJob, PageReport } from './page-worker.js';

/** How a thread that parses pages is started. */
export interface PageThread {
  readonly entry: URL;
  readonly execArgv: readonly string[];
}

export interface PageReaderOptions {
  readonly thread: PageThread;
  readonly timeoutMs: number;
  /** What a thread may hold, in its heap and outside of it. */
  readonly maxMemoryMb: number;
}

const DEFAULTS: PageReaderOptions = {
  thread: { entry: new URL('./page-worker.js', import.meta.url), execArgv: [] },
  timeoutMs: 10_000,
  maxMemoryMb: 256,
};

const SLOTS = 2;
const MAX_WAITING = 50;
const MAX_WAIT_MS = 20_000;
const WATCH_EVERY_MS = 50;

/**
 * Parses what strangers have written in threads of their own, which are ended when they take too long or too much memory.
 * Few pages are parsed at once, and one of a user; the others wait.
 */
export class PageReader {
  private readonly limit = new ConcurrencyLimit({
    slots: SLOTS,
    slotsPerOwner: 1,
    maxWaiting: MAX_WAITING,
    maxWaitMs: MAX_WAIT_MS,
    refusal: () => new PageProblem('Too many pages are being read at the moment. Try again later.'),
  });
  private readonly options: PageReaderOptions;

  constructor(options: Partial<PageReaderOptions> = {}) {
    this.options = { ...DEFAULTS, ...options };
  }

  /** Throws a {@link PageProblem}, and the signal's reason when that aborts; the thread has ended then. */
  read(job: PageJob, owner: string, signal: AbortSignal): Promise<Page> {
    return this.limit.run(owner, () => this.readInThread(job, signal), signal);
  }

  private async readInThread(job: PageJob, signal: AbortSignal): Promise<Page> {
    signal.throwIfAborted();
    const worker = this.start(job);
    const { promise, resolve, reject } = Promise.withResolvers<PageReport>();
    const stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    worker.once('message', resolve);
    worker.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge() : unreadable()),
    );
    worker.once('exit', () => reject(unreadable()));
    const late = setTimeout(
      () => reject(new PageProblem('Reading the page took too long.')),
      this.options.timeoutMs,
    );
    const watch = setInterval(() => void this.watch(worker, () => reject(tooLarge())), WATCH_EVERY_MS);
    try {
      const report = await promise;
      if ('problem' in report) throw new PageProblem(report.problem);
      return report.page;
    } finally {
      clearTimeout(late);
      clearInterval(watch);
      signal.removeEventListener('abort', stop);
      await worker.terminate();
    }
  }

  private start(job: PageJob): Worker {
    const { thread, maxMemoryMb } = this.options;
    const bytes = new Uint8Array(job.bytes);
    const worker = new Worker(thread.entry, {
      name: 'page reader',
      workerData: { ...job, bytes },
      transferList: [bytes.buffer],
      execArgv: [...thread.execArgv],
      // No keys of this server, and nothing of a page in its log.
      env: {},
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    });
    worker.stdout.resume();
    worker.stderr.resume();
    return worker;
  }

  /** Buffers are outside of the heap that the thread's own limits count. */
  private async watch(worker: Worker, end: () => void): Promise<void> {
    try {
      const { used_heap_size: heap, external_memory: outside } = await worker.getHeapStatistics();
      if (heap + outside > this.options.maxMemoryMb * 1_048_576) end();
    } catch {
      // It has ended meanwhile.
    }
  }
}

function tooLarge(): PageProblem {
  return new PageProblem('The page takes too much memory to be read.');
}

function unreadable(): PageProblem {
  return new PageProblem('The page cannot be read.');
}
