import { answerParent } from './worker.ts';
import { Connection, type Answer } from './connection.ts';

/* The clients: so many lanes, each with one request at a time, until the requests are used up or it is stopped. */

/** What to ask, how often, and what a good answer is. */
export interface Job {
  readonly port: number;
  readonly method: 'GET' | 'POST';
  /** `{thread}` in it stands for the next thread's id. */
  readonly path: string;
  readonly token?: string;
  readonly body?: string;
  /** Number of the first thread, and how many there are; each is used once unless `sameThread`. */
  readonly firstThread: number;
  readonly requests: number;
  readonly sameThread?: boolean;
  readonly lanes: number;
  /** Over which the lanes start, in milliseconds, so that their answers are spread in time. */
  readonly rampMs?: number;
  /** Tokens of an answer, and how often each stands in it; without `counts` only an answer's size is looked at. */
  readonly tokens: number;
  readonly marksPerToken: number;
  readonly counts: boolean;
  /** Whether to keep the times of every answer. */
  readonly record?: boolean;
}

export interface Counters {
  readonly opened: number;
  readonly tokens: number;
  readonly answers: number;
  readonly failures: number;
  readonly firstFailure: string | undefined;
  readonly activeLanes: number;
}

export type Timing = Pick<Answer, 'sentAt' | 'openedAt' | 'firstTokenAt' | 'endedAt'>;

let current: Run | undefined;

/** The id of a thread that was seeded under this number. */
function threadId(number: number): string {
  return `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

class Run {
  readonly job: Job;
  readonly connections = new Set<Connection>();
  readonly counters = { opened: 0, tokens: 0, answers: 0, failures: 0, activeLanes: 0 };
  firstFailure: string | undefined;
  readonly timings: Timing[] = [];
  readonly finished = Promise.withResolvers<void>();
  private readonly head: string;
  private taken = 0;
  private draining = false;

  constructor(job: Job) {
    this.job = job;
    const lines = [
      'Host: 127.0.0.1',
      ...(job.token === undefined ? [] : [`Authorization: Bearer ${job.token}`]),
      ...(job.body === undefined
        ? []
        : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(job.body)}`]),
    ];
    this.head = ` HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${job.body ?? ''}`;
    const { lanes, rampMs = 0 } = job;
    for (let lane = 0; lane < lanes; lane += 1) {
      this.counters.activeLanes += 1;
      setTimeout(() => this.lane(), (rampMs * lane) / lanes);
    }
  }

  drain(): void {
    this.draining = true;
  }

  close(): void {
    this.drain();
    for (const connection of this.connections) connection.close();
    this.connections.clear();
    this.finished.resolve();
  }

  private lane(): void {
    const { job, counters } = this;
    let counted = 0;
    const next = () => {
      const request = this.take();
      counted = 0;
      if (request !== undefined) connection.send(request);
      else this.leave(connection);
    };
    const connection = new Connection(job.port, job.counts, {
      opened: (status) => {
        if (status < 300) counters.opened += 1;
      },
      counted: (marks) => {
        // A stored answer says its text again when it is complete: only the first time is a token delivered.
        const fresh = Math.min(marks, job.tokens - counted);
        counted += fresh;
        counters.tokens += fresh;
      },
      ended: (answer) => {
        this.judge(answer);
        next();
      },
      broke: () => {
        this.fail('a connection broke off');
        next();
      },
    });
    this.connections.add(connection);
    next();
  }

  private take(): string | undefined {
    const { method, path, firstThread, requests, sameThread } = this.job;
    if (this.draining || this.taken >= requests) return undefined;
    const id = threadId(sameThread === true ? firstThread : firstThread + this.taken);
    this.taken += 1;
    return `${method} ${path.replace('{thread}', id)}${this.head}`;
  }

  private judge({ status, marks, bytes, sentAt, openedAt, firstTokenAt, endedAt }: Answer): void {
    const { job, counters } = this;
    const expected = job.tokens * job.marksPerToken;
    if (status >= 300) this.fail(`status ${status}`);
    else if (job.counts && marks !== expected) this.fail(`${marks} tokens instead of ${expected}`);
    else if (bytes < expected) this.fail(`an answer of ${bytes} bytes`);
    else {
      counters.answers += 1;
      if (!job.counts) counters.tokens += job.tokens;
      if (job.record === true) this.timings.push({ sentAt, openedAt, firstTokenAt, endedAt });
    }
  }

  private fail(reason: string): void {
    this.counters.failures += 1;
    this.firstFailure ??= reason;
    // Whatever is wrong is wrong for the next one too: nothing is gained by asking on and on.
    if (this.counters.failures > 100) this.drain();
  }

  private leave(connection: Connection): void {
    connection.close();
    this.connections.delete(connection);
    this.counters.activeLanes -= 1;
    if (this.counters.activeLanes === 0) this.finished.resolve();
  }
}

const handlers = {
  start: (job: Job) => {
    current?.close();
    current = new Run(job);
  },
  counters: (): Counters | undefined =>
    current && { ...current.counters, firstFailure: current.firstFailure },
  /** Waits until the requests are used up. */
  finish: async (): Promise<readonly Timing[]> => {
    await current?.finished.promise;
    return current?.timings ?? [];
  },
  /** Lets every lane finish its answer. */
  drain: async (): Promise<readonly Timing[]> => {
    current?.drain();
    await current?.finished.promise;
    return current?.timings ?? [];
  },
  /** Closes all connections, whatever they are in the middle of. */
  close: () => current?.close(),
};
export type Load = typeof handlers;
answerParent(handlers);
