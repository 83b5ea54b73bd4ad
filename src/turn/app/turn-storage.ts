import { Logger } from '@nestjs/common';
import {
  toAppError,
  yieldToEventLoop,
  type InputRequired,
  type RequestedInput,
  type StepWait,
  type TurnEvent,
} from '../../kernel/index.js';
import {
  EventRefusedError,
  LeaseLostError,
  type LoggedEvent,
  type ThreadFeeds,
  type TurnWriter,
} from '../../log/index.js';
import { isPermanent } from '../../platform/database/index.js';
import type { EventsAlong, Lease, TurnEnd, TurnStore, TurnWait } from '../ports/turn-store.js';
import { endOf, fallbacksFor, type Ending } from './turn-ending.js';

const ATTEMPTS = 40;
const RETRY_MS = 500;
/** UTF-16 code units of an answer from which on its end takes milliseconds. */
const LONG_ANSWER = 100_000;

/** Stores what a turn comes to besides its events, each with the events that say so, while the database is away again and again. */
export class TurnStorage {
  private readonly logger = new Logger(TurnStorage.name);

  constructor(
    private readonly store: TurnStore,
    private readonly feeds: Pick<ThreadFeeds, 'publish'>,
    /** Called with a turn that has nobody to run it. */
    private readonly onNext: (turnId: string) => void,
  ) {}

  /**
   * Stores something of the turn with these events, behind whatever of it waits for the log. Throws `LeaseLostError` where
   * the turn has passed to another process.
   */
  async along(
    lease: Pick<Lease, 'context' | 'epoch'>,
    writer: TurnWriter,
    events: readonly TurnEvent[],
    store: (store: TurnStore, along: EventsAlong) => Promise<boolean>,
  ): Promise<void> {
    const { turnId, threadId } = lease.context;
    const { result, stored } = await this.withPending(lease, writer, events, (along) =>
      store(this.store, along),
    );
    if (!result) throw new LeaseLostError(`turn ${turnId} is run by another process now`);
    writer.storedAlong(stored.length);
    this.feeds.publish(threadId, stored);
  }

  /** Stores what the turn waits for, and lets go of it. */
  async suspend(
    lease: Lease,
    writer: TurnWriter,
    { waitsFor: inputs }: StepWait,
    { workflowRunId, workflowState }: Pick<TurnWait, 'workflowRunId' | 'workflowState'>,
  ): Promise<{ readonly outcome: 'waiting' | 'interrupted' }> {
    const { turnId, threadId } = lease.context;
    const asked = inputs.map(inputRequired);
    const { result: suspension, stored } = await this.withPending(lease, writer, asked, (along) =>
      this.store.suspend({ ...along, inputs, workflowRunId, workflowState }),
    );
    if (suspension === 'lost') return { outcome: 'interrupted' };
    this.feeds.publish(threadId, stored);
    if (suspension === 'stopped') this.onNext(turnId);
    else await this.endStopped(threadId, turnId);
    return { outcome: 'waiting' };
  }

  /**
   * Stores the events along with something, and before them what waits for the log: in the same statement where that is little.
   * What is refused for good then is tried behind the rest, so that the log says whether it was that.
   */
  private async withPending<Result>(
    { context, epoch }: Pick<Lease, 'context' | 'epoch'>,
    writer: TurnWriter,
    events: readonly TurnEvent[],
    store: (along: EventsAlong) => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly stored: readonly LoggedEvent[] }> {
    const encode = () => {
      const along = { context, epoch, fromSeq: writer.lastSeq, events: writer.encodeAlong(events) };
      return { along, stored: along.events };
    };
    const tryNow = ({ along, stored }: ReturnType<typeof encode>) =>
      this.again(context.turnId, () => store(along)).then((result) => ({ result, stored }));
    await writer.landed();
    if (writer.canGoAlong) {
      const encoded = encode();
      try {
        return await tryNow(encoded);
      } catch (error) {
        if (!isPermanent(error)) throw error;
        writer.restore(encoded.stored.slice(0, encoded.stored.length - events.length));
      }
    }
    await writer.stored();
    return tryNow(encode());
  }

  /** What was stopped behind the turn does not have to wait as long as it does. */
  private async endStopped(threadId: string, turnId: string): Promise<void> {
    try {
      const events = await this.store.endStopped(threadId);
      if (events.length > 0) this.feeds.publish(threadId, events);
    } catch (error) {
      this.logger.warn({ err: error, turnId }, 'Turns that were stopped behind one that waits end after it.');
    }
  }

  /**
   * Stores the ending with what the turn has told and is not stored yet; or as much of it as can be: answers what was. A turn
   * whose events cannot all be stored has not completed, but `failed`.
   */
  async finish(
    writer: TurnWriter,
    lease: Lease,
    ending: Ending,
    failed?: (error: EventRefusedError) => Ending,
  ): Promise<Ending> {
    const { turnId } = lease.context;
    // It is written down as a whole: long answers that end together take turns with everybody else.
    if (ending.content.length > LONG_ANSWER) await yieldToEventLoop();
    await writer.landed();
    if (writer.canGoAlong && (await this.tryFinish(writer, lease, ending)) === undefined) return ending;
    const error = toAppError(undefined, turnId).toBody();
    const last = await this.failUnlessStored(writer, ending, failed);
    for (const possible of [last, ...fallbacksFor(last, error)]) {
      const refusal = await this.tryFinish(writer, lease, possible);
      if (refusal === undefined) return possible;
      this.logger.error({ err: refusal, turnId }, 'The end of a turn cannot be stored as it is.');
    }
    throw new Error(`the end of turn ${turnId} cannot be stored`);
  }

  private async failUnlessStored(
    writer: TurnWriter,
    ending: Ending,
    failed: (error: EventRefusedError) => Ending = () => ending,
  ): Promise<Ending> {
    try {
      await writer.stored();
      return ending;
    } catch (error) {
      if (!(error instanceof EventRefusedError)) throw error;
      return ending.outcome === 'completed' ? failed(error) : ending;
    }
  }

  /** What the store refuses for good is answered with its reason, and what was pending is so again. */
  private async tryFinish(writer: TurnWriter, lease: Lease, ending: Ending): Promise<unknown> {
    const { context } = lease;
    const { events, ...rest } = endOf(context, ending);
    writer.level = ending.basis?.level;
    const end: TurnEnd = {
      context,
      epoch: lease.epoch,
      fromSeq: writer.lastSeq,
      events: writer.encodeAlong(events),
      ...rest,
    };
    const pending = end.events.slice(0, end.events.length - events.length);
    try {
      const { isStored, nextId } = await this.again(context.turnId, () => this.store.finish(end));
      if (isStored) this.feeds.publish(context.threadId, end.events);
      if (nextId !== undefined) this.onNext(nextId);
      return undefined;
    } catch (error) {
      if (!isPermanent(error)) throw error;
      writer.restore(pending);
      return error;
    }
  }

  /** Tries again while the database is away. Throws what it refuses for good, and gives up at last. */
  private async again<Result>(turnId: string, store: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await store();
      } catch (error) {
        if (isPermanent(error) || attempt === ATTEMPTS) throw error;
        this.logger.warn({ err: error, turnId }, 'Storing a part of a turn failed; trying again.');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}

function inputRequired({
  id,
  key: _key,
  assignee: _assignee,
  role: _role,
  heldBy: _heldBy,
  ...data
}: RequestedInput): InputRequired {
  return { type: 'input_required', data: { inputId: id, ...data } };
}
