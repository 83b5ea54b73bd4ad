import { Inject, Injectable } from '@nestjs/common';
import { Metrics } from '../telemetry/index.js';
import type { AddJobOptions, JobHandler, JobKind } from './job-kind.js';
import { JobMetrics } from './job-metrics.js';
import { KindQueue } from './kind-queue.js';
import { KindWorker } from './kind-worker.js';
import { QUEUE_CONNECTION, type QueueConnection } from './queue-connection.js';

interface DeclaredKind {
  readonly queue: KindQueue;
  readonly worker: KindWorker;
}

/** A process that should run jobs of a kind without a handler; the message is for its developer. */
export class UnhandledJobsError extends Error {
  override readonly name = 'UnhandledJobsError';
}

/**
 * The jobs of all kinds, in Postgres or Redis. A module declares its kinds with `JobsModule.kinds`, registers their
 * handlers in `onModuleInit`, and adds jobs at any time. What both backends promise, and
 * `test/contracts/job-queue.contract.ts` tests:
 *
 * - A job in the queue is delivered to one process that runs its kind, soon, at its time and by its priority; after a
 *   fault it may be delivered again.
 * - A payload that is invalid against its kind's schema reaches no handler. A job that fails is retried as its kind
 *   defines.
 * - `add` resolves within a moment and never rejects for an outage.
 * - Kinds do not wait for each other: each is paused and stopped separately.
 * - Neither what a queue stores beside a job, nor log entries about it, contain its payload.
 */
@Injectable()
export class JobQueue {
  private readonly kinds = new Map<string, DeclaredKind>();
  private readonly metrics: JobMetrics;

  constructor(
    @Inject(QUEUE_CONNECTION) private readonly connection: QueueConnection,
    metrics: Metrics,
  ) {
    this.metrics = new JobMetrics(metrics, () => [...this.kinds.values()].map(({ queue }) => queue));
  }

  /** Declares the kind; called by `JobsModule.kinds`. Its name must be unique. */
  declare(kind: JobKind): void {
    if (this.kinds.has(kind.name)) throw new Error(`Two job kinds have the name "${kind.name}".`);
    this.kinds.set(kind.name, {
      queue: new KindQueue(kind, this.connection),
      worker: new KindWorker(kind, this.connection, this.metrics),
    });
  }

  /** Registers the handler of the kind's jobs: one handler, before the application has started. */
  handle<Payload extends object>(kind: JobKind<Payload>, handler: JobHandler<Payload>): void {
    // The payload was validated against the kind's schema.
    this.of(kind).worker.handle(handler as JobHandler<object>);
  }

  /**
   * Returns whether the queue has the job now: `false` while it cannot be reached. Throws for a payload that is too
   * large.
   */
  add<Payload extends object>(
    kind: JobKind<Payload>,
    payload: Payload,
    options?: AddJobOptions,
  ): Promise<boolean> {
    return this.of(kind).queue.add(payload, options);
  }

  /** Fetches no more jobs of the kind until `resume`; also before the start. */
  pause(kind: JobKind): void {
    this.of(kind).worker.setPaused(true);
  }

  /** Fetches jobs of the kind again. */
  resume(kind: JobKind): void {
    this.of(kind).worker.setPaused(false);
  }

  /** Starts to run the jobs of every kind. Throws {@link UnhandledJobsError}. */
  start(): void {
    const kinds = [...this.kinds.values()];
    const unhandled = kinds.filter(({ worker }) => !worker.hasHandler);
    if (unhandled.length > 0) {
      throw new UnhandledJobsError(
        `Nothing in this process works jobs of the kind ${unhandled.map(({ queue }) => `"${queue.kind.name}"`).join(', ')}: ` +
          'the room that declares it calls JobQueue.handle in onModuleInit.',
      );
    }
    for (const { queue, worker } of kinds) {
      worker.start();
      if (queue.kind.everyMs !== undefined) queue.repeat(queue.kind.everyMs);
    }
  }

  /** Fetches and adds no more jobs of the kind, or of any; waits for running ones, but not for long. */
  async stop(kind?: JobKind): Promise<void> {
    const kinds = kind === undefined ? [...this.kinds.values()] : [this.of(kind)];
    await Promise.all(kinds.flatMap(({ queue, worker }) => [worker.stop(), queue.close()]));
  }

  private of({ name }: JobKind): DeclaredKind {
    const kind = this.kinds.get(name);
    if (kind === undefined) throw new Error(`The job kind "${name}" is not declared: see JobsModule.kinds.`);
    return kind;
  }
}
