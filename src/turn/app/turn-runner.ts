import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  AppError,
  type CompletedStep,
  type ErrorCode,
  waitAtMost,
  readToEnd,
  type StepOutcome,
  toAppError,
  yieldToEventLoop,
} from '../../kernel/index.js';
import {
  EventRefusedError,
  GroupCommit,
  LeaseLostError,
  ThreadFeeds,
  TurnHandedOver,
  TurnStopped,
  TurnWriter,
} from '../../log/index.js';
import { isPermanent, outOfReach } from '../../platform/database/index.js';
import { startTurnSpan, type TurnSpan } from '../../platform/telemetry/index.js';
import { TURN_EXECUTOR, type TurnExecutor } from '../ports/turn-executor.js';
import {
  TURN_STORE,
  type Lease,
  type StopReason,
  type TurnEnd,
  type TurnStore,
} from '../ports/turn-store.js';
import { TurnOutput } from './turn-output.js';
import { endOf, fallbacksFor, type Ending } from './turn-ending.js';
import { TurnMetrics } from './turn-metrics.js';
import { TurnCapacity } from './turn-capacity.js';

type Ended = Parameters<TurnSpan['end']>[0];

/** How a turn is resumed that another process began: answered again, or completed from its recorded result. */
export type Resumption =
  | { readonly kind: 'again'; readonly reason: ErrorCode; readonly attempt: number }
  | { readonly kind: 'known'; readonly step: CompletedStep; readonly said: string; readonly attempt: number };

interface Running {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** UTF-16 code units of an answer from which storing its ending takes milliseconds. */
const LONG_ANSWER = 100_000;
const FINISH_ATTEMPTS = 40;
const FINISH_RETRY_MS = 500;

/** Runs the turns whose leases this process holds, and stores an ending for each, whatever happens. */
@Injectable()
export class TurnRunner {
  private readonly logger = new Logger(TurnRunner.name);
  private readonly running = new Map<string, Running>();
  private next: (turnId: string) => Promise<void> = () => Promise.resolve();

  constructor(
    @Inject(TURN_EXECUTOR) private readonly executor: TurnExecutor,
    @Inject(TURN_STORE) private readonly store: TurnStore,
    private readonly commit: GroupCommit,
    private readonly feeds: ThreadFeeds,
    private readonly metrics: TurnMetrics,
    private readonly capacity: TurnCapacity,
  ) {
    metrics.watchRunning(() => this.running.size);
  }

  /** The turns running here now. */
  turnIds(): readonly string[] {
    return [...this.running.keys()];
  }

  isRunning(turnId: string): boolean {
    return this.running.has(turnId);
  }

  /**
   * Calls back with a turn that is ready to start: the next in its thread's queue, or one this process has released.
   */
  onNext(next: (turnId: string) => Promise<void>): void {
    this.next = next;
  }

  /** Starts the turn and returns; it runs whether or not anybody watches. */
  start(lease: Lease, resumption?: Resumption, release = this.capacity.acquire(lease.context.caller)): void {
    const controller = new AbortController();
    const { turnId, threadId } = lease.context;
    const span = startTurnSpan({ turnId, threadId });
    const ended = span
      .within(() => this.run(lease, controller, resumption))
      .then((how) => span.end(how))
      .catch((error: unknown) => this.logger.error({ err: error, turnId }, 'A turn broke.'))
      .finally(() => {
        // The turn may have been handed over and come back by now.
        if (this.running.get(turnId) === entry) this.running.delete(turnId);
        release();
      });
    const entry = { controller, ended };
    this.running.set(turnId, entry);
  }

  /** Stops a turn, if it runs here. Resolves when its ending is stored. */
  stop(turnId: string, reason: StopReason): Promise<void> {
    return this.abort(turnId, new TurnStopped(reason));
  }

  /** Aborts a turn whose lease has passed to another process; its further output is discarded. */
  abandon(turnId: string): void {
    void this.abort(turnId, new LeaseLostError(`turn ${turnId} is run by another process now`));
  }

  /** Stores what every turn here has produced, then releases them for other processes, or ends them. */
  async endAll(willResume: boolean): Promise<void> {
    const reason = willResume ? new TurnHandedOver() : new TurnStopped('interrupted', true);
    await Promise.all(this.turnIds().map((turnId) => this.abort(turnId, reason)));
  }

  private async abort(turnId: string, reason: Error): Promise<void> {
    const running = this.running.get(turnId);
    running?.controller.abort(reason);
    await running?.ended;
  }

  /** Waits until every turn here has ended, for at most that many milliseconds. */
  async waitForAll(milliseconds: number): Promise<void> {
    await waitAtMost(milliseconds, Promise.all([...this.running.values()].map(({ ended }) => ended)));
  }

  /** Writes the ending of a turn that does not run here: its process died, or it was stopped before it began. */
  async end(lease: Lease, ending: Ending): Promise<void> {
    await this.finish(this.writerOf(lease), lease, ending);
  }

  private async run(lease: Lease, controller: AbortController, resumption?: Resumption): Promise<Ended> {
    const { signal } = controller;
    const writer = this.writerOf(lease);
    writer.onRefused = (error) => controller.abort(error);
    const answer = new TurnOutput(writer, resumption?.attempt);
    let ending: Ending;
    try {
      ending = await this.runToEnding(lease, writer, answer, signal, resumption);
    } catch (error) {
      const reason: unknown = signal.aborted ? signal.reason : error;
      if (reason instanceof LeaseLostError) return { outcome: 'interrupted' };
      if (reason instanceof TurnHandedOver) return this.handOver(lease, writer);
      ending = this.endingOfFailure(lease, answer, reason);
    }
    ending = await this.failUnlessStored(lease, writer, answer, ending);
    ending = await this.finish(writer, lease, ending);
    this.metrics.turnEnded(ending.outcome);
    return { outcome: ending.outcome, errorCode: ending.error?.code };
  }

  /** A turn whose events could not all be stored has failed, whatever its executor reports. */
  private async failUnlessStored(
    lease: Lease,
    writer: TurnWriter,
    answer: TurnOutput,
    ending: Ending,
  ): Promise<Ending> {
    try {
      await writer.stored();
      return ending;
    } catch (error) {
      if (!(error instanceof EventRefusedError)) throw error;
      return ending.outcome === 'completed' ? this.endingOfFailure(lease, answer, error) : ending;
    }
  }

  private async runToEnding(
    lease: Lease,
    writer: TurnWriter,
    answer: TurnOutput,
    signal: AbortSignal,
    resumption?: Resumption,
  ): Promise<Ending> {
    if (resumption?.kind === 'known') return answer.complete(resumption.step, resumption.said);
    if (resumption !== undefined) answer.beginAgain(resumption.reason);
    return answer.completed(await this.execute(lease, writer, answer, signal));
  }

  /** Stores what was produced and releases the turn; should that fail, its lease expires by itself. */
  private async handOver(lease: Lease, writer: TurnWriter): Promise<Ended> {
    try {
      await writer.stored();
      if (await this.store.release(lease)) await this.next(lease.context.turnId);
    } catch (error) {
      this.logger.warn({ err: error, turnId: lease.context.turnId }, 'Letting go of a turn failed.');
    }
    return { outcome: 'interrupted' };
  }

  private async execute(
    lease: Lease,
    writer: TurnWriter,
    answer: TurnOutput,
    signal: AbortSignal,
  ): Promise<StepOutcome> {
    const events = await this.executor.execute(lease.context, signal);
    return readToEnd(events, (event) => {
      answer.append(event);
      signal.throwIfAborted();
      return writer.isFull ? writer.stored() : undefined;
    });
  }

  private endingOfFailure(lease: Lease, answer: TurnOutput, reason: unknown): Ending {
    if (reason instanceof TurnStopped) {
      const error = reason.isShutdown
        ? new AppError(
            'SHUTTING_DOWN',
            'The server is stopping. What was said is kept; send the message again.',
          )
        : undefined;
      return answer.stopped(reason.outcome, error?.toBody() ?? null);
    }
    const { turnId } = lease.context;
    const error = outOfReach(reason, turnId) ?? toAppError(reason, turnId);
    if (error.code === 'INTERNAL') {
      this.logger.error({ err: error.cause, turnId }, 'A turn failed unexpectedly.');
    }
    return answer.stopped('failed', error.toBody());
  }

  /** Stores the ending, or as much of it as the store accepts; returns what was stored. */
  private async finish(writer: TurnWriter, lease: Lease, ending: Ending): Promise<Ending> {
    const { turnId } = lease.context;
    const error = toAppError(undefined, turnId).toBody();
    for (const possible of [ending, ...fallbacksFor(ending, error)]) {
      const refusal = await this.tryFinish(writer, lease, possible);
      if (refusal === undefined) return possible;
      this.logger.error({ err: refusal, turnId }, 'The end of a turn cannot be stored as it is.');
    }
    throw new Error(`the end of turn ${turnId} cannot be stored`);
  }

  /** Returns the error when the store refuses the ending for good. */
  private async tryFinish(writer: TurnWriter, lease: Lease, ending: Ending): Promise<unknown> {
    const { context } = lease;
    // Serialised in one go: long answers that end at the same time let other work run in between.
    if (ending.content.length > LONG_ANSWER) await yieldToEventLoop();
    const { events, ...rest } = endOf(context, ending);
    writer.level = ending.basis?.level;
    const end: TurnEnd = {
      context,
      epoch: lease.epoch,
      fromSeq: writer.lastSeq,
      events: writer.closing(events),
      ...rest,
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { isStored, nextId } = await this.store.finish(end);
        if (isStored) this.feeds.publish(context.threadId, end.events);
        if (nextId !== undefined) void this.next(nextId);
        return undefined;
      } catch (error) {
        if (isPermanent(error)) return error;
        if (attempt === FINISH_ATTEMPTS) throw error;
        this.logger.warn(
          { err: error, turnId: context.turnId },
          'Storing the end of a turn failed; trying again.',
        );
        await new Promise((resolve) => setTimeout(resolve, FINISH_RETRY_MS));
      }
    }
  }

  private writerOf({ context, epoch, lastSeq }: Lease): TurnWriter {
    return new TurnWriter(
      this.commit,
      context.threadId,
      context.turnId,
      context.assistantMessageId,
      epoch,
      lastSeq,
    );
  }
}
