import { Inject, Injectable, Logger } from '@nestjs/common';
import type { CompletedStep } from '../../kernel/index.js';
import { ThreadFeeds, TURN_EVENT_LOG, type LoggedEvent, type TurnEventLog } from '../../log/index.js';
import { TURN_EXECUTOR, type TurnExecutor } from '../ports/turn-executor.js';
import { INPUT_STORE, type InputStore } from '../ports/input-store.js';
import { TURN_STORE, type ExpiredTurn, type TurnStore } from '../ports/turn-store.js';
import { endingOf, loggedAnswerOf, type LoggedAnswer } from './logged-answer.js';
import { TurnCapacity } from './turn-capacity.js';
import { TurnRunner, type Resumption } from './turn-runner.js';

const PAGE = 500;
/** Turns recovered at once; each reads its events from the log. */
const BATCH = 20;

/** Resumes turns whose lease has expired or was released by another process. */
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

  /** Recovers every turn with an expired lease, as far as there is capacity. */
  async recoverAll(): Promise<void> {
    for (let taken = BATCH; taken === BATCH;) {
      const slots = this.capacity.reserve(BATCH);
      try {
        const expired = slots.length === 0 ? [] : await this.store.claimExpired(slots.length);
        taken = expired.length;
        // What was let go of on purpose, or has waited for a person, is in order.
        const died = expired.filter(hasDied).length;
        if (died > 0) this.logger.warn(`Took over ${died} turn(s) whose lease had expired.`);
        await Promise.all(expired.map((turn) => this.resume(turn, slots.pop()!)));
      } finally {
        slots.forEach((release) => release());
      }
    }
  }

  /** Recovers one turn in the slot that was acquired, if its lease has expired. */
  async recoverOne(turnId: string, release: () => void): Promise<void> {
    let expired: ExpiredTurn | undefined;
    try {
      expired = await this.store.claimExpiredTurn(turnId);
    } finally {
      if (expired === undefined) release();
    }
    if (expired !== undefined) await this.resume(expired, release);
  }

  /** Ends one stopped turn, if its lease has expired. Needs no capacity, and works in every role. */
  async endExpired(turnId: string): Promise<void> {
    const expired = await this.store.claimExpiredTurn(turnId);
    if (expired !== undefined) await this.resume(expired, this.capacity.acquire(expired.context.caller));
  }

  /** Ends one stopped turn that its owner has not ended, even while its lease is valid. */
  async forceEnd(turnId: string): Promise<void> {
    const stopped = await this.store.claimStoppedTurn(turnId);
    if (stopped !== undefined) await this.resume(stopped, this.capacity.acquire(stopped.context.caller));
  }

  /**
   * Runs the turn again, completes it, or ends it. After a failure it is recovered again when the new lease has
   * expired.
   */
  private async resume(turn: ExpiredTurn, reservation: () => void): Promise<void> {
    const { context } = turn;
    const release = this.capacity.acquire(context.caller);
    reservation();
    // Watchers in this process read the former owner's last events now, unless they have already.
    this.feeds.wake(context.threadId);
    try {
      const left = loggedAnswerOf(await this.eventsOf(turn), context.assistantMessageId);
      const step = await this.executor.completedStep(context, left.content);
      const inputs = left.hasAsked ? await this.inputs.resolvedOf(context.turnId) : NO_INPUTS;
      const resumption = resumptionOf(turn, left, inputs, step);
      if (resumption !== undefined) return this.runner.start(turn, resumption, release);
      const { events, attempts: attempt } = left;
      await this.runner.end(turn, endingOf(turn, left), { events, attempt, mayLackCalls: hasDied(turn) });
    } catch (error) {
      this.logger.error({ err: error, turnId: context.turnId }, 'Recovering a turn failed.');
    }
    release();
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

/** Whether a process had the turn to its own end: what lets go of one has stored before what it had told. */
function hasDied({ wasReleased }: ExpiredTurn): boolean {
  return !wasReleased;
}

/** How the turn goes on; not at all when it was stopped, or begun as often as it may. */
function resumptionOf(
  turn: ExpiredTurn,
  left: LoggedAnswer,
  inputs: Resumption['inputs'],
  step?: CompletedStep,
): Resumption | undefined {
  const attempt = left.isFurther ? left.attempts : Math.max(left.attempts, turn.attempt - 1);
  const begun = { told: { events: left.events, attempt, mayLackCalls: hasDied(turn) }, inputs };
  if (turn.stop === undefined && step !== undefined) return { ...begun, how: { kind: 'known', step } };
  if (!turn.runsAgain) return undefined;
  if (turn.isResuming) return { ...begun, how: { kind: 'waited' } };
  return {
    ...begun,
    how: { kind: 'again', reason: turn.wasReleased ? 'SHUTTING_DOWN' : 'INTERNAL' },
  };
}

const NO_INPUTS: Resumption['inputs'] = new Map();
