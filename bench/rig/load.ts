import { answerParent, clock } from './worker.ts';
import { Connection, type Answer } from './connection.ts';
import { GapHistogram, type Gaps } from './gap-histogram.ts';

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
  /** Instead of `path`: one for each request. */
  readonly paths?: readonly string[];
  readonly lanes: number;
  /** Over which the lanes start, in milliseconds, so that their answers are spread in time. */
  readonly rampMs?: number;
  /** Tokens of an answer, and how often each stands in it; without `counts` only an answer's size is looked at. */
  readonly tokens: number;
  readonly marksPerToken: number;
  readonly counts: boolean;
  /** Whether to keep the times of every answer. */
  readonly record?: boolean;
  /** Whether to count how long tokens let a client wait for the next ones. */
  readonly gaps?: boolean;
  /** The provider is told when to end: an answer has as many tokens as have come by then. */
  readonly openEnded?: boolean;
  /** All lanes send at the same instant, so long after the last of them has its answer, in milliseconds. */
  readonly togetherMs?: number;
  /** Whether to leave as soon as an answer's head is there. */
  readonly hangsUp?: boolean;
}

export interface Counters {
  readonly opened: number;
  /** Answers of which a token has come. */
  readonly begun: number;
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
  readonly counters = { opened: 0, begun: 0, tokens: 0, answers: 0, failures: 0, activeLanes: 0 };
  firstFailure: string | undefined;
  readonly timings: Timing[] = [];
  readonly gaps = new GapHistogram();
  /** Lanes that wait for the others. */
  private readonly assembled: (() => void)[] = [];
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
    let lastAt = 0;
    const send = () => {
      const request = this.take();
      counted = 0;
      if (request !== undefined) connection.send(request);
      else this.leave(connection);
    };
    const next = () => this.whenAll(send);
    const connection = new Connection(job.port, job.counts, {
      opened: (status) => {
        if (status >= 300) return;
        counters.opened += 1;
        // What has come with the head is read to its end before.
        if (job.hangsUp === true) setImmediate(() => this.hangUp(connection, next));
      },
      counted: (marks) => {
        if (counted === 0) counters.begun += 1;
        if (job.gaps === true) {
          const now = clock();
          if (counted > 0) this.gaps.add(now - lastAt);
          lastAt = now;
        }
        // A stored answer says its text again when it is complete: only the first time is a token delivered.
        const fresh = job.openEnded === true ? marks : Math.min(marks, job.tokens - counted);
        counted += fresh;
        counters.tokens += fresh;
      },
      ended: (answer) => {
        this.judge(answer);
        if (job.hangsUp !== true || answer.status >= 300) next();
      },
      broke: () => {
        this.fail('a connection broke off');
        next();
      },
    });
    this.connections.add(connection);
    next();
  }

  /** Sends at once, or when all lanes are here. */
  private whenAll(send: () => void): void {
    const { togetherMs } = this.job;
    if (togetherMs === undefined) {
      send();
      return;
    }
    this.assembled.push(send);
    if (this.assembled.length < this.counters.activeLanes) return;
    const all = this.assembled.splice(0);
    setTimeout(() => {
      for (const each of all) each();
    }, togetherMs);
  }

  private hangUp(connection: Connection, next: () => void): void {
    connection.close();
    this.counters.answers += 1;
    next();
  }

  private take(): string | undefined {
    const { method, path, paths, firstThread, requests, sameThread } = this.job;
    if (this.draining || this.taken >= requests) return undefined;
    const id = threadId(sameThread === true ? firstThread : firstThread + this.taken);
    const place = paths?.[this.taken] ?? path.replace('{thread}', id);
    this.taken += 1;
    return `${method} ${place}${this.head}`;
  }

  private judge({ status, marks, bytes, sentAt, openedAt, firstTokenAt, endedAt }: Answer): void {
    const { job, counters } = this;
    const expected = job.tokens * job.marksPerToken;
    if (status >= 300) this.fail(`status ${status}`);
    else if (job.hangsUp === true) this.fail('a stream ended by itself');
    else if (job.openEnded === true && (marks === 0 || marks % job.marksPerToken !== 0))
      this.fail(`${marks} tokens, which is no multiple of ${job.marksPerToken}`);
    else if (job.openEnded !== true && job.counts && marks !== expected)
      this.fail(`${marks} tokens instead of ${expected}`);
    else if (job.openEnded !== true && bytes < expected) this.fail(`an answer of ${bytes} bytes`);
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
  /** The gaps since this was asked last. */
  takeGaps: (): Gaps | undefined => current?.gaps.take(),
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
