import { Inject, Injectable, Logger } from '@nestjs/common';
import { AppError, toAppError, type StepOutcome, type TurnOutcome } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { Metrics, startTurnSpan, type TurnSpan } from '../../platform/telemetry/index.js';
import { TURN_EXECUTOR, type TurnExecutor } from '../ports/turn-executor.js';
import { TURN_STORE, type Lease, type TurnEnd, type TurnStore } from '../ports/turn-store.js';
import { Answer } from './answer.js';
import { GroupCommit } from './group-commit.js';
import { ThreadFeeds } from './thread-feeds.js';
import { endOf, type Ending } from './turn-ending.js';
import { LeaseLostError, TurnWriter } from './turn-writer.js';

/** Why a running turn was told to stop. */
export class TurnStopped extends Error {
  override readonly name = 'TurnStopped';

  constructor(readonly outcome: Extract<TurnOutcome, 'cancelled' | 'interrupted'>) {
    super(`the turn was ${outcome}`);
  }
}

type Ended = Parameters<TurnSpan['end']>[0];

interface Running {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

const FINISH_ATTEMPTS = 40;
const FINISH_RETRY_MS = 500;

/** Runs turns whose lease this process holds, each to an end that is stored whatever happens. */
@Injectable()
export class TurnRunner {
  private readonly logger = new Logger(TurnRunner.name);
  private readonly running = new Map<string, Running>();

  constructor(
    @Inject(TURN_EXECUTOR) private readonly executor: TurnExecutor,
    @Inject(TURN_STORE) private readonly store: TurnStore,
    @Inject(CONFIG) private readonly config: Config,
    private readonly commit: GroupCommit,
    private readonly feeds: ThreadFeeds,
    private readonly metrics: Metrics,
  ) {
    metrics.watchTurns(() => ({ running: this.running.size }));
  }

  /** The turns running here now. */
  turnIds(): readonly string[] {
    return [...this.running.keys()];
  }

  /** Starts the turn and returns; it goes on whoever watches. */
  start(lease: Lease): void {
    const controller = new AbortController();
    const { turnId, threadId } = lease.context;
    const span = startTurnSpan({ turnId, threadId });
    const ended = span
      .within(() => this.run(lease, controller))
      .then((how) => span.end(how))
      .catch((error: unknown) =>
        this.logger.error({ err: error, turnId: lease.context.turnId }, 'A turn broke.'),
      )
      .finally(() => this.running.delete(lease.context.turnId));
    this.running.set(lease.context.turnId, { controller, ended });
  }

  /** Tells a turn to stop, if it runs here. Resolves when its end is stored. */
  async stop(turnId: string, outcome: TurnStopped['outcome']): Promise<void> {
    const running = this.running.get(turnId);
    running?.controller.abort(new TurnStopped(outcome));
    await running?.ended;
  }

  /** Waits until every turn here has ended, for so many milliseconds at most. */
  async settle(milliseconds: number): Promise<void> {
    if (this.running.size === 0) return;
    const { promise: timeout, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    await Promise.race([Promise.all([...this.running.values()].map(({ ended }) => ended)), timeout]);
    clearTimeout(timer);
  }

  /** Writes the end of a turn that another process left behind. */
  async endAbandoned(lease: Lease, ending: Ending): Promise<void> {
    await this.finish(this.writerOf(lease), lease, ending);
  }

  private async run(lease: Lease, controller: AbortController): Promise<Ended> {
    const { signal } = controller;
    const writer = this.writerOf(lease);
    writer.onRefused = (error) => controller.abort(error);
    const answer = new Answer(writer, this.config.MAX_ANSWER_CHARS);
    let ending: Ending;
    try {
      ending = answer.completed(await this.execute(lease, writer, answer, signal));
    } catch (error) {
      const reason: unknown = signal.aborted ? signal.reason : error;
      if (reason instanceof LeaseLostError) return { outcome: 'interrupted' };
      ending = this.failed(lease, answer, reason);
    }
    await writer.stored();
    await this.finish(writer, lease, ending);
    this.metrics.turnEnded(ending.outcome);
    return { outcome: ending.outcome, errorCode: ending.error?.code };
  }

  private async execute(
    lease: Lease,
    writer: TurnWriter,
    answer: Answer,
    signal: AbortSignal,
  ): Promise<StepOutcome> {
    const events = this.executor.execute(lease.context, signal);
    try {
      for (;;) {
        const next = await events.next();
        if (next.done) return next.value;
        answer.take(next.value);
        if (writer.isFull) await writer.stored();
        signal.throwIfAborted();
      }
    } finally {
      // Ends whatever the executor still holds open, the provider's socket first of all.
      await events.return(undefined as never).catch(() => undefined);
    }
  }

  private failed(lease: Lease, answer: Answer, reason: unknown): Ending {
    if (reason instanceof TurnStopped) {
      const error =
        reason.outcome === 'interrupted'
          ? new AppError(
              'SHUTTING_DOWN',
              'The server is stopping. What was said is kept; send the message again.',
            )
          : undefined;
      return answer.stopped(reason.outcome, error?.toBody() ?? null);
    }
    const error = toAppError(reason, lease.context.turnId);
    if (error.code === 'INTERNAL') {
      this.logger.error({ err: error.cause, turnId: lease.context.turnId }, 'A turn failed unexpectedly.');
    }
    return answer.stopped('failed', error.toBody());
  }

  private async finish(writer: TurnWriter, lease: Lease, ending: Ending): Promise<void> {
    const { context } = lease;
    const { events, ...rest } = endOf(context, ending);
    const end: TurnEnd = {
      context,
      epoch: lease.epoch,
      fromSeq: writer.lastSeq,
      events: writer.closing(events),
      ...rest,
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (await this.store.finish(end)) this.feeds.publish(context.threadId, end.events);
        return;
      } catch (error) {
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
