import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { TURN_QUEUE, type TurnQueue } from '../ports/turn-queue.js';
import { TURN_STORE, type ClaimedTurn, type TurnStore } from '../ports/turn-store.js';
import { endingOf } from './left-behind.js';
import { TakeOver } from './take-over.js';
import { ThreadFeeds } from './thread-feeds.js';
import { TurnGate } from './turn-gate.js';
import { TurnRoom } from './turn-room.js';
import { TurnRunner } from './turn-runner.js';

/** Brings turns that wait to a process that runs them: here when there is room, else through the queue. */
@Injectable()
export class QueuedTurns {
  private readonly logger = new Logger(QueuedTurns.name);

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE'>,
    @Inject(TURN_STORE) private readonly store: TurnStore,
    @Inject(TURN_QUEUE) private readonly queue: TurnQueue,
    private readonly runner: TurnRunner,
    private readonly takeOver: TakeOver,
    private readonly room: TurnRoom,
    private readonly gate: TurnGate,
    private readonly feeds: ThreadFeeds,
  ) {
    runner.onNext((turnId) => this.bring(turnId));
  }

  /** Whether a turn may begin in this process now. */
  get hasRoom(): boolean {
    return this.config.ROLE !== 'api' && this.gate.isOpen && this.room.free > 0;
  }

  /** Begins to take turns from the queue, unless this process only serves. */
  async start(): Promise<void> {
    if (this.config.ROLE === 'api') return;
    this.room.onChanged(() => this.queue.setOpen(this.hasRoom));
    await this.queue.consume((turnId) => this.take(turnId));
  }

  /** Takes no more from the queue. */
  pause(): void {
    this.queue.setOpen(false);
  }

  /** Sees to it that a turn which waits begins, here or elsewhere; what fails here is found by a heartbeat. */
  async bring(turnId: string): Promise<void> {
    try {
      if (this.hasRoom) await this.take(turnId);
      else await this.queue.offer(turnId);
    } catch (error) {
      this.logger.warn({ err: error, turnId }, 'A waiting turn could not be brought on its way.');
    }
  }

  /** Ends a turn that was stopped in line, here and now if nothing of its thread runs: that needs no room, and no role. */
  async endStopped(turnId: string): Promise<void> {
    try {
      const claimed = await this.store.claim(turnId);
      if (claimed !== undefined) await this.begin(claimed, this.room.take());
    } catch (error) {
      this.logger.warn({ err: error, turnId }, 'A turn that was stopped in line could not be ended yet.');
    }
  }

  /** Ends turns that were stopped, and that nobody has ended: each is taken from whoever has it. */
  async endAll(turnIds: Iterable<string>): Promise<void> {
    for (const turnId of turnIds) {
      await this.takeOver.end(turnId);
      await this.endStopped(turnId);
    }
  }

  /** Ends a running turn that was stopped, if nobody is there who runs it. */
  async endLeft(turnId: string): Promise<void> {
    try {
      await this.takeOver.endLeft(turnId);
    } catch (error) {
      this.logger.warn({ err: error, turnId }, 'A turn that was stopped could not be ended yet.');
    }
  }

  /** Begins those that wait although there is room: what the queue has lost. */
  async takeWaiting(): Promise<void> {
    if (!this.hasRoom) return;
    const places = this.room.reserve(BATCH);
    try {
      const claimed = await this.store.claimWaiting(places.length);
      for (const turn of claimed) await this.begin(turn, places.pop()!);
    } finally {
      places.forEach((leave) => leave());
    }
  }

  /** Throws when there is no room any more: then it stays in the queue. */
  private async take(turnId: string): Promise<void> {
    const [leave] = this.hasRoom ? this.room.reserve(1) : [];
    if (leave === undefined) throw new Error('there is no room');
    let claimed: ClaimedTurn | undefined;
    try {
      claimed = await this.store.claim(turnId);
    } catch (error) {
      leave();
      throw error;
    }
    if (claimed === undefined) await this.takeOver.one(turnId, leave);
    else await this.begin(claimed, leave);
  }

  private async begin(turn: ClaimedTurn, leave: () => void): Promise<void> {
    this.feeds.publish(turn.context.threadId, [turn.savedEvent]);
    if (turn.stop === undefined) return this.runner.start(turn, undefined, leave);
    try {
      await this.runner.end(turn, endingOf(turn, NOTHING));
    } finally {
      leave();
    }
  }
}

/** So many are taken at once. */
const BATCH = 20;

const NOTHING = { content: '', citations: [], step: null, workflowRunId: null, attempts: 1 } as const;
