import type { JobsOptions } from 'bullmq';
import { withTimeout } from '../../kernel/index.js';
import { ConnectedQueue } from './connected-queue.js';
import type { AddJobOptions, JobKind } from './job-kind.js';
import { QUEUE_PREFIX, type QueueConnection } from './queue-connection.js';

const ADD_MS = 1_000;
/** A payload has ids; larger data belong in the database. */
const MAX_PAYLOAD_BYTES = 16_384;
/** The most jobs with one id that may be running, each perhaps by a process that has died. */
const MAX_JOBS_OF_ID = 3;
/** The most finished jobs of a kind that are remembered, however long that may be for. */
const MAX_KEPT = 1_000;
/** Nobody subscribes to the events of jobs, so few are kept. */
const KEPT_EVENTS = 100;

/** Adds jobs of one kind to the queue. */
export class KindQueue {
  private readonly queue: ConnectedQueue;
  private closed: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly kind: JobKind,
    private readonly connection: QueueConnection,
  ) {
    this.queue = new ConnectedQueue(kind.name, {
      connection,
      prefix: QUEUE_PREFIX,
      defaultJobOptions: jobOptions(kind),
      streams: { events: { maxLen: KEPT_EVENTS } },
    });
  }

  /** Resolves within a moment; returns whether the queue has the job now. Throws for a payload that is too large. */
  async add(payload: object, options: AddJobOptions = {}): Promise<boolean> {
    if (Buffer.byteLength(JSON.stringify(payload)) > MAX_PAYLOAD_BYTES) {
      throw new Error(`A job of the kind "${this.kind.name}" carries more than ${MAX_PAYLOAD_BYTES} bytes.`);
    }
    if (this.closed !== undefined) return false;
    const { health } = this.connection;
    try {
      await withTimeout(ADD_MS, this.put(payload, options));
      health.back();
      return true;
    } catch (error) {
      health.lost(error);
      return false;
    }
  }

  /** Adds a job every period. Its id is derived from the period, so of all processes' jobs only the first is added. */
  repeat(everyMs: number): void {
    const add = () => void this.add({}, { id: `period-${Math.floor(Date.now() / everyMs)}` });
    this.timer = setInterval(add, everyMs).unref();
    add();
  }

  /** The number of jobs that wait, including delayed ones, in all processes together. */
  waiting(): Promise<number> {
    return this.queue.getJobCountByTypes('waiting', 'prioritized', 'delayed');
  }

  /** Adds no more jobs. */
  close(): Promise<void> {
    clearInterval(this.timer);
    return (this.closed ??= this.queue.close());
  }

  private async put(payload: object, { id, uniqueAmong, delayMs, priority }: AddJobOptions): Promise<void> {
    const jobId = id === undefined || uniqueAmong !== 'waiting' ? id : await this.freeId(id);
    await this.queue.add(this.kind.name, payload, {
      ...(jobId === undefined ? {} : { jobId }),
      ...(delayMs === undefined ? {} : { delay: delayMs }),
      ...(priority === undefined ? {} : { priority }),
    });
  }

  /**
   * The id for a job that is not running yet, so that a waiting job is not added twice. A running job does not count:
   * it may have been given up since, or its process be dead.
   */
  private async freeId(id: string): Promise<string> {
    for (let number = 1; ; number += 1) {
      const jobId = number === 1 ? id : `${id}.${number}`;
      const state = await this.queue.getJobState(jobId);
      if (state === 'completed' || state === 'failed') await this.queue.remove(jobId);
      if (state !== 'active' || number === MAX_JOBS_OF_ID) return jobId;
    }
  }
}

function jobOptions({ retry, keptForMs = 0, everyMs = 0 }: JobKind): JobsOptions {
  const { attempts, delayMs, backoff = 'fixed' } = retry;
  // Processes whose clocks differ by less than a period agree on its number.
  const keptMs = Math.max(keptForMs, 2 * everyMs);
  const kept = keptMs === 0 ? true : { age: Math.ceil(keptMs / 1_000), count: MAX_KEPT };
  return {
    attempts,
    backoff: { type: backoff, delay: delayMs },
    removeOnComplete: kept,
    removeOnFail: kept,
    stackTraceLimit: 0,
    keepLogs: 0,
  };
}
