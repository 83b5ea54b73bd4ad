import { Inject, Injectable, Logger } from '@nestjs/common';
import { within } from '../../kernel/index.js';
import { CompactEvents, LogWakeUps } from '../../log/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { PEERS, type Peers } from '../ports/peers.js';
import { TURN_SIGNALS, type TurnSignals } from '../ports/turn-signals.js';
import { TURN_STORE, type TurnStore } from '../ports/turn-store.js';
import { QueuedTurns } from './queued-turns.js';
import { TakeOver } from './take-over.js';
import { TurnRunner } from './turn-runner.js';

/** Heartbeats a lease: the third one missed in a row is the last that may be. */
const BEATS_PER_LEASE = 4;
/** A heartbeat that takes longer than a lease divided by this is given up, so that another one can do better. */
const BEATS_TO_GIVE_UP = 2;
const COMPACT_MS = 60_000;

/**
 * The pulse of this process: says that it is there, extends its leases, hears wishes to stop, looks for waiting turns and
 * for those of processes that are gone, and asks for what lost notifications have not told.
 */
@Injectable()
export class KeepTurns {
  private readonly logger = new Logger(KeepTurns.name);
  private timer: NodeJS.Timeout | undefined;
  private compactedAt = -Infinity;
  /** When a heartbeat last got through, on the clock of `performance.now()`. */
  private beatAt = performance.now();
  private beating: Promise<void> | undefined;
  private looking: Promise<void> | undefined;
  private isLeaving = false;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'EVENT_RETENTION' | 'ROLE' | 'TURN_LEASE'>,
    @Inject(TURN_STORE) private readonly store: TurnStore,
    @Inject(TURN_SIGNALS) private readonly signals: TurnSignals,
    @Inject(PEERS) private readonly peers: Peers,
    private readonly runner: TurnRunner,
    private readonly takeOver: TakeOver,
    private readonly queued: QueuedTurns,
    private readonly compact: CompactEvents,
    private readonly wakeUps: LogWakeUps,
  ) {}

  /** Begins to beat. `alone`: no other process has this database, so whatever runs in it was left behind. */
  async start(alone: boolean): Promise<void> {
    await this.wakeUps.start();
    await this.signals.onStopRequested((turnId, reason) => void this.runner.stop(turnId, reason));
    if (alone) await this.store.expireAllLeases();
    await this.queued.start();
    await this.peers.seen(this.runsTurns);
    await this.look();
    this.timer = setInterval(() => void this.beat(), this.config.TURN_LEASE / BEATS_PER_LEASE);
    this.timer.unref();
  }

  /** Says that this process takes nothing new; what it runs stays its own. */
  async leave(): Promise<void> {
    this.isLeaving = true;
    await this.beating;
    await this.looking;
    await this.peers
      .leave()
      .catch((error: unknown) => this.logger.warn({ err: error }, 'Leaving was not noted.'));
  }

  /** Whether its heartbeats get through: `false` once none has for as long as a lease. */
  get isBeating(): boolean {
    return performance.now() - this.beatAt <= this.config.TURN_LEASE;
  }

  private get runsTurns(): boolean {
    return this.config.ROLE !== 'api';
  }

  stop(): void {
    clearInterval(this.timer);
    this.wakeUps.stop();
  }

  private async beat(): Promise<void> {
    this.beating ??= this.pulse().finally(() => (this.beating = undefined));
    await this.beating;
  }

  private async pulse(): Promise<void> {
    try {
      await within(this.config.TURN_LEASE / BEATS_TO_GIVE_UP, this.renew());
      this.beatAt = performance.now();
      this.looking ??= this.lookAround().finally(() => (this.looking = undefined));
      this.tidyUp();
    } catch (error) {
      this.logger.warn({ err: error }, 'A heartbeat failed; the next one tries again.');
    }
  }

  /** Beside the heartbeat, which waits for nothing that may take long. */
  private async lookAround(): Promise<void> {
    try {
      if (!this.isLeaving) await this.look();
      await this.wakeUps.compareHeads();
    } catch (error) {
      this.logger.warn({ err: error }, 'Looking for turns failed; the next heartbeat tries again.');
    }
  }

  private tidyUp(): void {
    const now = performance.now();
    if (this.isLeaving) return;
    if (now - this.compactedAt < Math.min(COMPACT_MS, this.config.EVENT_RETENTION)) return;
    this.compactedAt = now;
    void this.compact.run();
  }

  /** What must get through before the lease is over, on another connection if the first one is silent. */
  private async renew(): Promise<void> {
    await this.extend();
    if (!this.isLeaving) await this.peers.seen(this.runsTurns);
  }

  private async extend(): Promise<void> {
    const turnIds = this.runner.turnIds();
    if (turnIds.length === 0) return;
    const { stopped, lost } = await this.store.extendLeases(turnIds);
    for (const { turnId, reason } of stopped) void this.runner.stop(turnId, reason);
    for (const turnId of lost) this.runner.lose(turnId);
  }

  /** Looks for what waits to be run. A process that only serves leaves it to the others. */
  private async look(): Promise<void> {
    if (!this.runsTurns) return;
    await this.takeOver.all();
    await this.queued.takeWaiting();
  }
}
