import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  AppError,
  type CompletedStep,
  type ErrorCode,
  foldTurn,
  type ResolvedInput,
  type Sink,
  type StepEvent,
  type StepResult,
  type StepWait,
  waitAtMost,
  toAppError,
} from '../../kernel/index.js';
import {
  type EventRefusedError,
  GroupCommit,
  LeaseLostError,
  ThreadFeeds,
  TurnHandedOver,
  TurnStopped,
  TurnWriter,
} from '../../log/index.js';
import { outOfReach } from '../../platform/database/index.js';
import { startTurnSpan, type TurnSpan } from '../../platform/telemetry/index.js';
import { TURN_EXECUTOR, type TurnExecutor } from '../ports/turn-executor.js';
import { TURN_STORE, type Lease, type StopReason, type TurnStore } from '../ports/turn-store.js';
import { EarlyStops } from './early-stops.js';
import { TurnMessages } from './turn-messages.js';
import { TurnOutput, type ToldBefore } from './turn-output.js';
import type { Ending } from './turn-ending.js';
import { TurnStorage } from './turn-storage.js';
import { TurnMetrics } from './turn-metrics.js';
import { TurnCapacity } from './turn-capacity.js';

type Ended = Parameters<TurnSpan['end']>[0];

/** How a turn goes on that was begun before. */
export interface Resumption {
  /**
   * `known`: its answer is known as a whole, and is its end. `again`: the answer begins anew, because of `reason`. `waited`:
   * nothing begins anew.
   */
  readonly how:
    | { readonly kind: 'known'; readonly step: CompletedStep }
    | { readonly kind: 'again'; readonly reason: ErrorCode }
    | { readonly kind: 'waited' };
  readonly told: ToldBefore;
  readonly inputs: ReadonlyMap<string, ResolvedInput>;
}

/** A turn under way here. */
interface Execution {
  readonly lease: Lease;
  readonly writer: TurnWriter;
  readonly answer: TurnOutput;
  readonly controller: AbortController;
  readonly resumption: Resumption | undefined;
}

interface Running {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** Runs turns whose lease this process holds, each to an end that is stored whatever happens. */
@Injectable()
export class TurnRunner {
  private readonly logger = new Logger(TurnRunner.name);
  private readonly running = new Map<string, Running>();
  private readonly early = new EarlyStops();
  private readonly leaving = new AbortController();
  private readonly storage: TurnStorage;
  private next: (turnId: string) => Promise<void> = () => Promise.resolve();

  constructor(
    @Inject(TURN_EXECUTOR) private readonly executor: TurnExecutor,
    @Inject(TURN_STORE) private readonly store: TurnStore,
    private readonly commit: GroupCommit,
    feeds: ThreadFeeds,
    private readonly metrics: TurnMetrics,
    private readonly capacity: TurnCapacity,
  ) {
    this.storage = new TurnStorage(store, feeds, (turnId) => void this.next(turnId));
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
    const stop = this.early.take(turnId);
    if (stop !== undefined) controller.abort(new TurnStopped(stop));
  }

  /** Stops a turn, if it runs here or begins to in a moment. Resolves when the ending of one that runs is stored. */
  stop(turnId: string, reason: StopReason): Promise<void> {
    if (!this.running.has(turnId)) this.early.note(turnId, reason);
    return this.abort(turnId, new TurnStopped(reason));
  }

  /** Aborts a turn whose lease has passed to another process; its further output is discarded. */
  abandon(turnId: string): void {
    void this.abort(turnId, new LeaseLostError(`turn ${turnId} is run by another process now`));
  }

  /** Turns here go on, and are released when they come to what must not be done twice, rather than begin it. */
  prepareToLeave(): void {
    this.leaving.abort(new TurnHandedOver());
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

  /**
   * Writes the ending of a turn that does not run here: its process died after telling this, or it was stopped before it
   * began.
   */
  async end(lease: Lease, ending: Ending, told?: ToldBefore): Promise<void> {
    const writer = this.writerOf(lease);
    if (told !== undefined) await this.outputOf(lease, writer, told).closeCalls(ending);
    await this.storage.finish(writer, lease, ending);
  }

  private async run(lease: Lease, controller: AbortController, resumption?: Resumption): Promise<Ended> {
    const { signal } = controller;
    const writer = this.writerOf(lease);
    writer.onRefused = (error) => controller.abort(error);
    const answer = this.outputOf(lease, writer, resumption?.told);
    let ending: Ending;
    try {
      const end = await this.executed({ lease, writer, answer, controller, resumption });
      if ('waitsFor' in end) return await this.storage.suspend(lease, writer, end, answer.soFar());
      ending = end;
    } catch (error) {
      const reason: unknown = signal.aborted ? signal.reason : error;
      if (reason instanceof LeaseLostError) return { outcome: 'interrupted' };
      if (reason instanceof TurnHandedOver) return this.handOver(lease, writer);
      ending = this.endingOfFailure(lease, answer, reason);
    }
    if (ending.outcome !== 'completed') await this.closeCalls(lease, answer, ending);
    const failed = (error: EventRefusedError) => this.endingOfFailure(lease, answer, error);
    ending = await this.storage.finish(writer, lease, ending, failed);
    this.metrics.turnEnded(ending.outcome);
    return { outcome: ending.outcome, errorCode: ending.error?.code };
  }

  /** A turn ends also where what became of its calls cannot be stored. */
  private async closeCalls(
    { context: { turnId } }: Lease,
    answer: TurnOutput,
    ending: Ending,
  ): Promise<void> {
    await answer
      .closeCalls(ending)
      .catch((error: unknown) => this.logger.warn({ err: error, turnId }, 'Calls of a turn stay open.'));
  }

  private async executed(execution: Execution): Promise<Ending | StepWait> {
    const { answer, resumption } = execution;
    if (resumption?.how.kind === 'known') return answer.complete(resumption.how.step);
    if (resumption?.how.kind === 'again') answer.beginAgain(resumption.how.reason);
    const result = await this.execute(execution);
    return 'waitsFor' in result ? result : answer.completed(result);
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

  private execute(execution: Execution): Promise<StepResult> {
    const { lease, controller, resumption } = execution;
    const { context, epoch, along } = lease;
    const before = resumption && { told: foldTurn(resumption.told.events), inputs: resumption.inputs };
    const turn = { ...context, epoch, along, leaving: this.leaving.signal, ...(before && { before }) };
    return this.executor.execute(turn, controller.signal, this.listenerOf(execution));
  }

  /** Takes what the executor tells. What cannot be taken stops the execution: nothing that follows would be stored. */
  private listenerOf({ writer, answer, controller }: Execution): Sink<StepEvent> {
    const { signal } = controller;
    const stop = (error: unknown): never => {
      controller.abort(error);
      throw error;
    };
    return (event) => {
      try {
        // Whoever ends the turn has the word from then on.
        signal.throwIfAborted();
        const stored = answer.take(event);
        signal.throwIfAborted();
        return (stored ?? (writer.isFull ? writer.stored() : undefined))?.catch(stop);
      } catch (error) {
        return stop(error);
      }
    };
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

  private outputOf(lease: Lease, writer: TurnWriter, told?: ToldBefore): TurnOutput {
    const messages = new TurnMessages(lease, writer, this.storage, told && foldTurn(told.events));
    return new TurnOutput(writer, messages, told);
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
