import { Inject, Injectable, Logger } from '@nestjs/common';
import { ThreadFeeds } from '../../log/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { TURN_QUEUE, type TurnQueue } from '../ports/turn-queue.js';
import { TURN_STORE, type ClaimedTurn, type OwnersAtCapacity, type TurnStore } from '../ports/turn-store.js';
import { endingOf, NOTHING_LEFT } from './left-behind.js';
import { TurnRecovery } from './turn-recovery.js';
import { TurnGate } from './turn-gate.js';
import { TurnCapacity, type TurnOwner } from './turn-capacity.js';
import { TurnRunner } from './turn-runner.js';

/** Brings turns that wait to a process that runs them: here when there is room, else through the queue. */
@Injectable()
export class QueuedTurns {
  private readonly logger = new Logger(QueuedTurns.name);
  /** Turns may be waiting that the queue does not bring: found without room here, or without a share for their owner. */
  private mayWait = false;
  private looking: Promise<void> | undefined;
  private isFreeAgain = false;
  private isGivingBack = false;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE'>,
    @Inject(TURN_STORE) private readonly store: TurnStore,
    @Inject(TURN_QUEUE) private readonly queue: TurnQueue,
    private readonly runner: TurnRunner,
    private readonly recovery: TurnRecovery,
    private readonly capacity: TurnCapacity,
    private readonly gate: TurnGate,
    private readonly feeds: ThreadFeeds,
  ) {
    runner.onNext((turnId) => this.bring(turnId));
  }

  /** Whether a turn of somebody may begin in this process now. */
  get hasCapacity(): boolean {
    return this.config.ROLE !== 'api' && this.gate.isOpen && this.capacity.free > 0;
  }

  /** Whether a turn of the owner may: nobody gets more than a share of the places. */
  hasCapacityFor(owner: TurnOwner): boolean {
    return this.hasCapacity && this.capacity.hasCapacityFor(owner);
  }

  /** Begins to take turns from the queue, unless this process only serves. */
  async start(): Promise<void> {
    if (this.config.ROLE === 'api') return;
    this.capacity.onChanged(() => {
      this.queue.setOpen(this.hasCapacity);
      const isWorthALook = this.mayWait || this.looking !== undefined;
      if (this.hasCapacity && isWorthALook && !this.isGivingBack) this.look();
    });
    await this.queue.consume((turnId) => this.take(turnId));
  }

  /** Takes no more from the queue. */
  pause(): void {
    this.queue.setOpen(false);
  }

  /** Sees to it that a turn which waits begins, here or elsewhere; what fails here is found by a heartbeat. */
  async bring(turnId: string, owner?: TurnOwner): Promise<void> {
    try {
      if (owner === undefined ? this.hasCapacity : this.hasCapacityFor(owner)) await this.take(turnId);
      else {
        this.mayWait = true;
        await this.queue.offer(turnId);
      }
    } catch (error) {
      this.logger.warn({ err: error, turnId }, 'A waiting turn could not be brought on its way.');
    }
  }

  /** Ends a turn that was stopped in line, here and now if nothing of its thread runs: that needs no room, and no role. */
  async endStopped(turnId: string): Promise<void> {
    try {
      const claimed = await this.store.claim(turnId);
      if (claimed !== undefined) await this.begin(claimed, this.capacity.take(claimed.context.caller));
    } catch (error) {
      this.logger.warn({ err: error, turnId }, 'A turn that was stopped in line could not be ended yet.');
    }
  }

  /** Ends turns that were stopped, and that nobody has ended: each is taken from whoever has it. */
  async forceEndAll(turnIds: Iterable<string>): Promise<void> {
    for (const turnId of turnIds) {
      await this.recovery.forceEnd(turnId);
      await this.endStopped(turnId);
    }
  }

  /** Ends a running turn that was stopped, if nobody is there who runs it. */
  async endExpired(turnId: string): Promise<void> {
    try {
      await this.recovery.endExpired(turnId);
    } catch (error) {
      this.logger.warn({ err: error, turnId }, 'A turn that was stopped could not be ended yet.');
    }
  }

  /** Begins those that wait although there is room: what the queue has lost, and what had to wait for its owner's share. */
  async takeWaiting(): Promise<void> {
    this.mayWait = false;
    // One by one: each that begins changes who may have the next place.
    for (let begun = 0; begun < BATCH && this.hasCapacity; begun += 1) {
      const [leave] = this.capacity.reserve(1);
      if (leave === undefined) return;
      const claimed = await this.claim(leave, (without) => this.store.claimWaiting(1, without));
      if (claimed === undefined) return this.giveBack(leave);
      await this.begin(claimed, leave);
    }
    this.mayWait = true;
  }

  /** A place that was of no use here is nothing to look at again. */
  private giveBack(leave: () => void): void {
    this.isGivingBack = true;
    leave();
    this.isGivingBack = false;
  }

  /** Throws when there is no room any more: then it stays in the queue. */
  private async take(turnId: string): Promise<void> {
    const [leave] = this.hasCapacity ? this.capacity.reserve(1) : [];
    if (leave === undefined) throw new Error('there is no room');
    const claimed = await this.claim(leave, async (without) => {
      const turn = await this.store.claim(turnId, without);
      return turn === undefined ? [] : [turn];
    });
    if (claimed === undefined) await this.recovery.recoverOne(turnId, leave);
    else await this.begin(claimed, leave);
  }

  /** Asks for one turn of somebody with room; gives the place back where that fails. */
  private async claim(
    leave: () => void,
    ask: (without: OwnersAtCapacity) => Promise<readonly ClaimedTurn[]>,
  ): Promise<ClaimedTurn | undefined> {
    const without = this.capacity.ownersAtCapacity();
    try {
      const [claimed] = await ask(without);
      if (claimed === undefined && without.users.length + without.orgs.length > 0) this.mayWait = true;
      return claimed;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** A place is free: it is reserved before others hear of it. What is free meanwhile is looked at next. */
  private look(): void {
    this.isFreeAgain = this.looking !== undefined;
    this.looking ??= this.takeWaiting()
      .catch((error: unknown) => this.logger.warn({ err: error }, 'Looking for waiting turns failed.'))
      .finally(() => {
        this.looking = undefined;
        if (this.isFreeAgain) this.look();
      });
  }

  private async begin(turn: ClaimedTurn, reserved: () => void): Promise<void> {
    const leave = this.capacity.take(turn.context.caller);
    reserved();
    this.feeds.publish(turn.context.threadId, [turn.savedEvent]);
    if (turn.stop === undefined) return this.runner.start(turn, undefined, leave);
    try {
      await this.runner.end(turn, endingOf(turn, NOTHING_LEFT));
    } finally {
      leave();
    }
  }
}

/** So many are taken at once. */
const BATCH = 20;
