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
import { endOf, inPlaceOf, type Ending } from './turn-ending.js';
import { TurnMetrics } from './turn-metrics.js';
import { TurnCapacity } from './turn-capacity.js';

type Ended = Parameters<TurnSpan['end']>[0];

/** How a turn goes on that another process has begun: its answer anew, or as it is known already. */
export type Resumption =
  | { readonly kind: 'again'; readonly reason: ErrorCode; readonly attempt: number }
  | { readonly kind: 'known'; readonly step: CompletedStep; readonly said: string; readonly attempt: number };

interface Running {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** UTF-16 code units of an answer from which on its end takes milliseconds. */
const LONG_ANSWER = 100_000;
const FINISH_ATTEMPTS = 40;
const FINISH_RETRY_MS = 500;

/** Runs turns whose lease this process holds, each to an end that is stored whatever happens. */
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

  /** Calls back with a turn that has nobody to run it: next in its thread's line, or let go of by this process. */
  onNext(next: (turnId: string) => Promise<void>): void {
    this.next = next;
  }

  /** Starts the turn and returns; it goes on whoever watches. */
  start(lease: Lease, resumption?: Resumption, leave = this.capacity.take(lease.context.caller)): void {
    const controller = new AbortController();
    const { turnId, threadId } = lease.context;
    const span = startTurnSpan({ turnId, threadId });
    const ended = span
      .within(() => this.run(lease, controller, resumption))
      .then((how) => span.end(how))
      .catch((error: unknown) => this.logger.error({ err: error, turnId }, 'A turn broke.'))
      .finally(() => {
        // It may have gone to another process and come back by now.
        if (this.running.get(turnId) === entry) this.running.delete(turnId);
        leave();
      });
    const entry = { controller, ended };
    this.running.set(turnId, entry);
  }

  /** Tells a turn to stop, if it runs here. Resolves when its end is stored. */
  stop(turnId: string, reason: StopReason): Promise<void> {
    return this.abort(turnId, new TurnStopped(reason));
  }

  /** Another process has the turn now: whatever is still being said for it here need not be. */
  lose(turnId: string): void {
    void this.abort(turnId, new LeaseLostError(`turn ${turnId} is run by another process now`));
  }

  /** Stores what every turn here has said, and lets go of it for whoever takes it over, or ends it there. */
  async leave(goesOn: boolean): Promise<void> {
    const reason = goesOn ? new TurnHandedOver() : new TurnStopped('interrupted', true);
    await Promise.all(this.turnIds().map((turnId) => this.abort(turnId, reason)));
  }

  private async abort(turnId: string, reason: Error): Promise<void> {
    const running = this.running.get(turnId);
    running?.controller.abort(reason);
    await running?.ended;
  }

  /** Waits until every turn here has ended, for so many milliseconds at most. */
  async settle(milliseconds: number): Promise<void> {
    await waitAtMost(milliseconds, Promise.all([...this.running.values()].map(({ ended }) => ended)));
  }

  /** Writes the end of a turn that does not run here: it was left behind, or stopped before it began. */
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
      ending = await this.answered(lease, writer, answer, signal, resumption);
    } catch (error) {
      const reason: unknown = signal.aborted ? signal.reason : error;
      if (reason instanceof LeaseLostError) return { outcome: 'interrupted' };
      if (reason instanceof TurnHandedOver) return this.handOver(lease, writer);
      ending = this.failed(lease, answer, reason);
    }
    ending = await this.withAllStored(lease, writer, answer, ending);
    ending = await this.finish(writer, lease, ending);
    this.metrics.turnEnded(ending.outcome);
    return { outcome: ending.outcome, errorCode: ending.error?.code };
  }

  /** A turn of which something cannot be stored has not ended well, whatever its executor says. */
  private async withAllStored(
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
      return ending.outcome === 'completed' ? this.failed(lease, answer, error) : ending;
    }
  }

  private async answered(
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

  /** Stores what was said and lets go of the turn; should that fail, its lease runs out by itself. */
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
    const events = await this.executor.execute({ ...lease.context, epoch: lease.epoch }, signal);
    const result = await readToEnd(events, (event) => {
      answer.take(event);
      signal.throwIfAborted();
      return writer.isFull ? writer.stored() : undefined;
    });
    if ('waitsFor' in result) throw new Error('a turn cannot wait yet');
    return result;
  }

  private failed(lease: Lease, answer: TurnOutput, reason: unknown): Ending {
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

  /** Stores the ending, or as much of it as can be; answers what was. */
  private async finish(writer: TurnWriter, lease: Lease, ending: Ending): Promise<Ending> {
    const { turnId } = lease.context;
    const error = toAppError(undefined, turnId).toBody();
    for (const possible of [ending, ...inPlaceOf(ending, error)]) {
      const refusal = await this.tryFinish(writer, lease, possible);
      if (refusal === undefined) return possible;
      this.logger.error({ err: refusal, turnId }, 'The end of a turn cannot be stored as it is.');
    }
    throw new Error(`the end of turn ${turnId} cannot be stored`);
  }

  /** What the store refuses for good is answered with its reason. */
  private async tryFinish(writer: TurnWriter, lease: Lease, ending: Ending): Promise<unknown> {
    const { context } = lease;
    // It is written down as a whole: long answers that end together take turns with everybody else.
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
