import type { z } from 'zod';

/** One kind of job: what its jobs carry, and how they are worked. */
export interface JobKind<Payload extends object = object> {
  /** Unique, and for good: it names the queue, which the processes of two releases share during an upgrade. */
  readonly name: string;
  /**
   * What a job carries: ids rather than contents, as they can be read where the queue is kept. It is checked when a job
   * is taken. A later release may add optional members only.
   */
  readonly payload: z.ZodType<Payload>;
  /** Jobs of this kind that one process works at a time. */
  readonly concurrency: number;
  readonly retry: RetryPolicy;
  /** How long the queue knows a job by its id after its end, in milliseconds; not at all by default. */
  readonly keptForMs?: number;
  /** A worker that says nothing for so long is taken for dead, and its jobs are brought to another; 30 s by default. */
  readonly lockMs?: number;
  /** Such a job is added by itself every so many milliseconds, once for all processes together. Its payload is empty. */
  readonly everyMs?: number;
}

/** How often a job is tried, and how long it rests in between. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly delayMs: number;
  /** `exponential` doubles the rest with every attempt. */
  readonly backoff?: 'fixed' | 'exponential';
}

/** What a handler knows of its job beside the payload. */
export interface JobContext {
  readonly id: string;
  /** 1 at first. */
  readonly attempt: number;
  /** Aborts when this process stops working the kind. What has not ended soon after is brought to another process. */
  readonly signal: AbortSignal;
}

/**
 * Works one job. It may come again although it was worked, after a crash or a lost connection; a rejection has it tried
 * again, as often as its kind says.
 */
export type JobHandler<Payload extends object> = (payload: Payload, job: JobContext) => Promise<void>;

/** How a job is added. */
export interface AddJobOptions {
  /** A job that the queue knows by this id is not added again; see `uniqueAmong`. Neither a number nor with a colon. */
  readonly id?: string;
  /**
   * Which jobs of the same id make another one unneeded: any that is `known`, whether it waits, is being worked or is
   * kept (the default), or only one that is yet `waiting` to be taken.
   */
  readonly uniqueAmong?: 'known' | 'waiting';
  /** Milliseconds until it may be taken. */
  readonly delayMs?: number;
  /** From 1; lower numbers go first, and before all of them go jobs without one. */
  readonly priority?: number;
}

/** Thrown by a handler that cannot take the job now: it is tried again as after a failure, without a word in the log. */
export class JobNotTaken extends Error {
  override readonly name = 'JobNotTaken';
}
