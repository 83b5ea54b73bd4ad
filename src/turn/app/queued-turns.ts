import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { ThreadFeeds } from '../../log/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { TURN_QUEUE, type TurnQueue } from '../ports/turn-queue.js';
import { TURN_STORE, type ClaimedTurn, type OwnersAtCapacity, type TurnStore } from '../ports/turn-store.js';
import { endingOf, NOTHING_LOGGED } from './logged-answer.js';
import { TurnRecovery } from './turn-recovery.js';
import { DrainState } from './drain-state.js';
import { TurnCapacity, type TurnOwner } from './turn-capacity.js';
import { TurnRunner } from './turn-runner.js';

/** How long a turn is left to the process that holds something of it, in milliseconds. */
const HOLDER_MS = 1_000;

/** Starts queued turns: in this process when it has capacity, otherwise through the queue in another one. */
@Injectable()
export class QueuedTurns {
  private readonly logger = new Logger(QueuedTurns.name);
  /**
   * Turns may be waiting that the queue will not redeliver: they were refused here for lack of capacity, or because
   * their owner had no share left.
   */
  private mayHaveWaiting = false;
  private polling: Promise<void> | undefined;
  private pollAgain = false;
  private isReleasingUnused = false;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE'>,
    @Inject(TURN_STORE) private readonly store: TurnStore,
    @Inject(TURN_QUEUE) private readonly queue: TurnQueue,
    private readonly runner: TurnRunner,
    private readonly recovery: TurnRecovery,
    private readonly capacity: TurnCapacity,
    private readonly drainState: DrainState,
    private readonly feeds: ThreadFeeds,
  ) {
    runner.onNext((turnId) => this.dispatch(turnId));
  }

  /** Whether this process may begin another turn of any owner now. */
  get hasCapacity(): boolean {
    return this.config.ROLE !== 'api' && this.drainState.isAccepting && this.capacity.free > 0;
  }

  /** Whether it may begin another turn of this owner: each gets at most a share of the capacity. */
  hasCapacityFor(owner: TurnOwner): boolean {
    return this.hasCapacity && this.capacity.hasCapacityFor(owner);
  }

  /** Starts consuming the queue, except with `ROLE=api`. */
  async start(): Promise<void> {
    if (this.config.ROLE === 'api') return;
    this.capacity.onChanged(() => {
      this.queue.setOpen(this.hasCapacity);
      const isPollUseful = this.mayHaveWaiting || this.polling !== undefined;
      if (this.hasCapacity && isPollUseful && !this.isReleasingUnused) this.poll();
    });
    await this.queue.consume((turnId) => this.claimAndBegin(turnId));
  }

  /** Stops consuming the queue. */
  pause(): void {
    this.queue.setOpen(false);
  }

  /**
   * Starts a queued turn here, or offers it to the queue for any process; after a failure, a heartbeat's poll finds it.
   */
  async dispatch(turnId: string, owner?: TurnOwner): Promise<void> {
    try {
      if (owner === undefined ? this.hasCapacity : this.hasCapacityFor(owner))
        await this.claimAndBegin(turnId);
      else {
        this.mayHaveWaiting = true;
        await this.queue.offer(turnId);
      }
    } catch (error) {
      this.logger.warn({ err: error, turnId }, 'A queued turn could not be dispatched.');
    }
  }

  /** Goes on with a turn that has waited: where another process holds something of it, here only if that does not take it. */
  async goOn(turnId: string, holder: string | undefined): Promise<void> {
    if (holder !== undefined) await pause(HOLDER_MS, undefined, { ref: false });
    await this.dispatch(turnId);
  }

  /**
   * Ends a queued turn that was stopped, at once if no turn of its thread is running; one that waits for a person is passed.
   * Needs no capacity, and works in every role.
   */
  async endStopped(turnId: string, threadId?: string): Promise<void> {
    try {
      const claimed = await this.store.claim(turnId);
      if (claimed !== undefined)
        return await this.begin(claimed, this.capacity.acquire(claimed.context.caller));
      if (threadId === undefined) return;
      const events = await this.store.endStopped(threadId);
      if (events.length > 0) this.feeds.publish(threadId, events);
    } catch (error) {
      this.logger.warn({ err: error, turnId }, 'A queued turn that was stopped could not be ended yet.');
    }
  }

  /** Ends stopped turns that their processes have not ended, whoever holds their leases. */
  async forceEndAll(turnIds: Iterable<string>): Promise<void> {
    for (const turnId of turnIds) {
      await this.recovery.forceEnd(turnId);
      await this.endStopped(turnId);
    }
  }

  /** Ends a stopped turn whose lease has expired. */
  async endExpired(turnId: string): Promise<void> {
    try {
      await this.recovery.endExpired(turnId);
    } catch (error) {
      this.logger.warn({ err: error, turnId }, 'A turn that was stopped could not be ended yet.');
    }
  }

  /** Begins turns that wait although there is capacity: the queue has lost them, or their owner's share was used up. */
  async beginWaiting(): Promise<void> {
    this.mayHaveWaiting = false;
    // One by one, since each that begins changes which owners have a share left.
    for (let begun = 0; begun < BATCH && this.hasCapacity; begun += 1) {
      const [release] = this.capacity.reserve(1);
      if (release === undefined) return;
      const claimed = await this.claim(release, (without) => this.store.claimWaiting(1, without));
      if (claimed === undefined) return this.releaseUnused(release);
      await this.begin(claimed, release);
    }
    this.mayHaveWaiting = true;
  }

  /** Releases a slot that was reserved in vain, without triggering another poll. */
  private releaseUnused(release: () => void): void {
    this.isReleasingUnused = true;
    release();
    this.isReleasingUnused = false;
  }

  /** Throws when there is no capacity left: the turn then stays in the queue. */
  private async claimAndBegin(turnId: string): Promise<void> {
    const [release] = this.hasCapacity ? this.capacity.reserve(1) : [];
    if (release === undefined) throw new Error('this process is at capacity');
    const claimed = await this.claim(release, async (without) => {
      const turn = await this.store.claim(turnId, without);
      return turn === undefined ? [] : [turn];
    });
    if (claimed === undefined) await this.recovery.recoverOne(turnId, release);
    else await this.begin(claimed, release);
  }

  /** Claims one turn of an owner below their share; releases the slot if that fails. */
  private async claim(
    release: () => void,
    ask: (without: OwnersAtCapacity) => Promise<readonly ClaimedTurn[]>,
  ): Promise<ClaimedTurn | undefined> {
    const without = this.capacity.ownersAtCapacity();
    try {
      const [claimed] = await ask(without);
      if (claimed === undefined && without.users.length + without.orgs.length > 0) this.mayHaveWaiting = true;
      return claimed;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Polls for waiting turns in the background; if capacity becomes free meanwhile, polls again afterwards. */
  private poll(): void {
    this.pollAgain = this.polling !== undefined;
    this.polling ??= this.beginWaiting()
      .catch((error: unknown) => this.logger.warn({ err: error }, 'Looking for waiting turns failed.'))
      .finally(() => {
        this.polling = undefined;
        if (this.pollAgain) this.poll();
      });
  }

  private async begin(turn: ClaimedTurn, reservation: () => void): Promise<void> {
    const release = this.capacity.acquire(turn.context.caller);
    reservation();
    this.feeds.publish(turn.context.threadId, [turn.savedEvent]);
    if (turn.stop === undefined) return this.runner.start(turn, undefined, release);
    try {
      await this.runner.end(turn, endingOf(turn, NOTHING_LOGGED));
    } finally {
      release();
    }
  }
}

/** The most turns that one poll begins. */
const BATCH = 20;
