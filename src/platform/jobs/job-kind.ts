import type { z } from 'zod';

/** A kind of job: the payload of its jobs, and how they are processed. */
export interface JobKind<Payload extends object = object> {
  /** Unique and permanent: it names the queue, which the processes of two releases share during an upgrade. */
  readonly name: string;
  /**
   * The payload: ids rather than contents, because it can be read where the queue is stored. It is validated when a job
   * is fetched. A later release may add optional members only.
   */
  readonly payload: z.ZodType<Payload>;
  /** The most jobs of this kind that one process runs at a time. */
  readonly concurrency: number;
  readonly retry: RetryPolicy;
  /** How long the queue remembers a job's id after its end, in milliseconds; not at all by default. */
  readonly keptForMs?: number;
  /**
   * A worker without a sign of life for this long is considered dead, and its jobs are delivered to another; 30 s by
   * default.
   */
  readonly lockMs?: number;
  /**
   * Adds such a job periodically, every so many milliseconds, once for all processes together. Its payload is empty.
   */
  readonly everyMs?: number;
}

/** How often a job is tried, and how long the pauses are. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly delayMs: number;
  /** `exponential` doubles the pause with every attempt. */
  readonly backoff?: 'fixed' | 'exponential';
}

/** What a handler gets besides the payload. */
export interface JobContext {
  readonly id: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Aborts when this process stops the kind. A job that has not ended soon after is delivered to another process. */
  readonly signal: AbortSignal;
}

/**
 * Processes one job. After a crash or a lost connection a completed job may be delivered again; a job whose handler
 * rejects is retried as often as its kind defines.
 */
export type JobHandler<Payload extends object> = (payload: Payload, job: JobContext) => Promise<void>;

/** Options of a new job. */
export interface AddJobOptions {
  /**
   * A job is not added if the queue has one with this id; see `uniqueAmong`. Must not be a number or contain a colon.
   */
  readonly id?: string;
  /**
   * Which jobs of the same id prevent another one: any that is `known`, whether it waits, runs or is remembered (the
   * default), or only one that is `waiting`.
   */
  readonly uniqueAmong?: 'known' | 'waiting';
  /** Milliseconds before it may run. */
  readonly delayMs?: number;
  /** From 1; lower numbers go first, and jobs without one before all of them. */
  readonly priority?: number;
}

/** Thrown by a handler that cannot run the job now: it is retried as after a failure, without a log entry. */
export class JobDeferred extends Error {
  override readonly name = 'JobDeferred';
}
