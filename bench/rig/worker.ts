import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pinMeasured, pinOther } from './cores.ts';

interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

interface WorkerOptions {
  readonly measured?: boolean;
  readonly args?: readonly string[];
  /** Node takes types away, but leaves decorators as they are. */
  readonly hasDecorators?: boolean;
}

const COMPILER = new URL('../../test/setup/typescript-hooks.mjs', import.meta.url).href;

/** What is asked of a process that answers with {@link answerParent}. */
export class Questions<H extends Handlers> {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private lastId = 0;

  constructor(child: ChildProcess, name: string) {
    this.child = child;
    child.on('message', (reply: Reply) => {
      const waiter = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      if (reply.error === undefined) waiter?.resolve(reply.value);
      else waiter?.reject(new Error(reply.error));
    });
    child.once('exit', (code) => {
      for (const waiter of this.waiting.values()) waiter.reject(new Error(`${name} ended with ${code}`));
      this.waiting.clear();
    });
  }

  ask<N extends keyof H & string>(
    name: N,
    argument?: Parameters<H[N]>[0],
  ): Promise<Awaited<ReturnType<H[N]>>> {
    this.lastId += 1;
    const waiter = Promise.withResolvers<unknown>();
    this.waiting.set(this.lastId, waiter);
    this.child.send({ id: this.lastId, name, argument } satisfies Question);
    return waiter.promise as Promise<Awaited<ReturnType<H[N]>>>;
  }
}

/** A process of the bench's own that answers questions, one handler each. */
export class Worker<H extends Handlers> extends Questions<H> {
  readonly pid: number;
  private readonly process: ChildProcess;

  private constructor(child: ChildProcess, name: string) {
    super(child, name);
    this.process = child;
    this.pid = child.pid ?? 0;
  }

  /** Starts `rig/<name>.ts`; the measured one gets a core of its own. */
  static async start<H extends Handlers>(
    name: string,
    { measured = false, args = [], hasDecorators = false }: WorkerOptions = {},
  ): Promise<Worker<H>> {
    const child = fork(fileURLToPath(new URL(`./${name}.ts`, import.meta.url)), args, {
      ...(hasDecorators ? { execArgv: ['--import', COMPILER] } : {}),
      env: { ...process.env, NODE_ENV: 'production' },
    });
    await once(child, 'spawn');
    const worker = new Worker<H>(child, name);
    (measured ? pinMeasured : pinOther)(worker.pid);
    return worker;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
  }
}

/** The other side: answers the questions of the process that started this one, and ends with it. */
export function answerParent<H extends Handlers>(handlers: H): void {
  answerQuestions(handlers);
  process.on('disconnect', () => process.exit());
}

/** The same without ending with it. */
export function answerQuestions<H extends Handlers>(handlers: H): void {
  process.on('message', (question: Question) => {
    const handler = handlers[question.name] as ((argument: unknown) => unknown) | undefined;
    Promise.resolve()
      .then(() => {
        if (handler === undefined) throw new Error(`nobody answers ${question.name}`);
        return handler(question.argument);
      })
      .then(
        (value) => process.send?.({ id: question.id, value } satisfies Reply),
        (error: unknown) => process.send?.({ id: question.id, error: String(error) } satisfies Reply),
      );
  });
}

/** Milliseconds on the machine's monotonic clock, which all processes share. */
export function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
