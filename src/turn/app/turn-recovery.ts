import { Inject, Injectable, Logger } from '@nestjs/common';
import type { CompletedStep } from '../../kernel/index.js';
import { ThreadFeeds, TURN_EVENT_LOG, type LoggedEvent, type TurnEventLog } from '../../log/index.js';
import { TURN_EXECUTOR, type TurnExecutor } from '../ports/turn-executor.js';
import { INPUT_STORE, type InputStore } from '../ports/input-store.js';
import { TURN_STORE, type ExpiredTurn, type TurnStore } from '../ports/turn-store.js';
import { endingOf, leftBehind, type LeftBehind } from './left-behind.js';
import { TurnCapacity } from './turn-capacity.js';
import { TurnRunner, type Resumption } from './turn-runner.js';

const PAGE = 500;
/** So many are taken at once: each of them reads its log. */
const BATCH = 20;

/** Goes on with turns that other processes have left behind or let go of. */
@Injectable()
export class TurnRecovery {
  private readonly logger = new Logger(TurnRecovery.name);

  constructor(
    @Inject(TURN_STORE) private readonly store: TurnStore,
    @Inject(TURN_EVENT_LOG) private readonly log: TurnEventLog,
    @Inject(TURN_EXECUTOR) private readonly executor: TurnExecutor,
    @Inject(INPUT_STORE) private readonly inputs: Pick<InputStore, 'resolvedOf'>,
    private readonly runner: TurnRunner,
    private readonly capacity: TurnCapacity,
    private readonly feeds: ThreadFeeds,
  ) {}

  /** Takes every turn whose lease has run out, as far as there is room. */
  async recoverAll(): Promise<void> {
    for (let taken = BATCH; taken === BATCH;) {
      const places = this.capacity.reserve(BATCH);
      try {
        const expired = places.length === 0 ? [] : await this.store.takeExpired(places.length);
        taken = expired.length;
        if (taken > 0) this.logger.warn(`Took over ${taken} turn(s) that another process left behind.`);
        await Promise.all(expired.map((turn) => this.goOn(turn, places.pop()!)));
      } finally {
        places.forEach((leave) => leave());
      }
    }
  }

  /** Takes the one turn into the place, if its lease has run out. */
  async recoverOne(turnId: string, leave: () => void): Promise<void> {
    let expired: ExpiredTurn | undefined;
    try {
      expired = await this.store.takeExpiredTurn(turnId);
    } finally {
      if (expired === undefined) leave();
    }
    if (expired !== undefined) await this.goOn(expired, leave);
  }

  /** Ends the one turn, which was stopped, if its lease has run out: that needs no room, and no role. */
  async endExpired(turnId: string): Promise<void> {
    const left = await this.store.takeExpiredTurn(turnId);
    if (left !== undefined) await this.goOn(left, this.capacity.take(left.context.caller));
  }

  /** Ends the one turn, which was stopped, whoever has it and does not. */
  async forceEnd(turnId: string): Promise<void> {
    const stopped = await this.store.takeStoppedTurn(turnId);
    if (stopped !== undefined) await this.goOn(stopped, this.capacity.take(stopped.context.caller));
  }

  /** Runs it again, completes it, or ends it. What fails here is tried again when the new lease has run out too. */
  private async goOn(turn: ExpiredTurn, reserved: () => void): Promise<void> {
    const { context } = turn;
    const leave = this.capacity.take(context.caller);
    reserved();
    // Whoever watches here has heard of the former process's last events by a read, or does now.
    this.feeds.wake(context.threadId);
    try {
      const left = leftBehind(await this.eventsOf(turn), context.assistantMessageId);
      const step = await this.executor.completedStep(context, left.content);
      const inputs = left.hasAsked ? await this.inputs.resolvedOf(context.turnId) : NO_INPUTS;
      const resumption = resumptionOf(turn, left, inputs, step);
      if (resumption !== undefined) return this.runner.start(turn, resumption, leave);
      await this.runner.end(turn, endingOf(turn, left));
    } catch (error) {
      this.logger.error({ err: error, turnId: context.turnId }, 'Taking over a turn failed.');
    }
    leave();
  }

  /** The turn's events, oldest first. */
  private async eventsOf({ context, firstSeq }: ExpiredTurn): Promise<LoggedEvent[]> {
    const events: LoggedEvent[] = [];
    for (let after = firstSeq - 1; ;) {
      const page = await this.log.read(context.threadId, after, PAGE);
      events.push(...page.events.filter(({ turnId }) => turnId === context.turnId));
      if (!page.more) return events;
      after = page.events.at(-1)?.seq ?? after;
    }
  }
}

/** How the turn goes on; not at all when it was stopped, or begun as often as it may. */
function resumptionOf(
  turn: ExpiredTurn,
  left: LeftBehind,
  inputs: Resumption['inputs'],
  step?: CompletedStep,
): Resumption | undefined {
  const attempt = left.isFurther ? left.attempts : Math.max(left.attempts, turn.attempt - 1);
  const begun = { told: { events: left.events, attempt }, inputs };
  if (turn.stop === undefined && step !== undefined && step.goesOn !== true)
    return { ...begun, how: { kind: 'known', step } };
  if (!turn.runsAgain) return undefined;
  // A step is kept before its message is complete in the log, or after.
  const midway = left.isComplete ? undefined : step;
  if (turn.isResuming) return { ...begun, midway, how: { kind: 'waited' } };
  return {
    ...begun,
    midway,
    how: { kind: 'again', reason: turn.wasReleased ? 'SHUTTING_DOWN' : 'INTERNAL' },
  };
}

const NO_INPUTS: Resumption['inputs'] = new Map();
