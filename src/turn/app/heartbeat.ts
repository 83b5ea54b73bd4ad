import { Inject, Injectable, Logger } from '@nestjs/common';
import { withTimeout } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { Peers } from '../../platform/database/index.js';
import { TURN_STORE, type TurnStore } from '../ports/turn-store.js';
import { DrainState } from './drain-state.js';
import { TurnRunner } from './turn-runner.js';

/** Heartbeats per lease: after three missed in a row, the fourth must succeed. */
const BEATS_PER_LEASE = 4;
/**
 * A heartbeat that takes longer than a lease divided by this is abandoned, so that the next one can use another
 * connection.
 */
const TIMEOUTS_PER_LEASE = 2;

/**
 * Announces that this process is alive, extends its leases, and learns from the response which of its turns have to
 * stop.
 */
@Injectable()
export class Heartbeat {
  private readonly logger = new Logger(Heartbeat.name);
  private readonly listeners: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** When a heartbeat last succeeded, on the clock of `performance.now()`. */
  private beatAt = performance.now();
  private beating: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE' | 'TURN_LEASE'>,
    @Inject(TURN_STORE) private readonly store: Pick<TurnStore, 'extendLeases'>,
    private readonly peers: Peers,
    private readonly runner: TurnRunner,
    private readonly drainState: DrainState,
  ) {}

  /** Whether heartbeats succeed: `false` once none has for the length of a lease. */
  get isBeating(): boolean {
    return performance.now() - this.beatAt <= this.config.TURN_LEASE;
  }

  /** Calls back after every successful heartbeat; the listener must not throw and must return quickly. */
  onBeat(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Announces this process. */
  async announce(): Promise<void> {
    await this.peers.announce(this.config.ROLE !== 'api');
  }

  start(): void {
    this.timer = setInterval(() => void this.beat(), this.config.TURN_LEASE / BEATS_PER_LEASE);
    this.timer.unref();
  }

  /**
   * Announces that this process accepts no new turns; it keeps those it runs. To be called once the process is
   * draining.
   */
  async signOff(): Promise<void> {
    await this.beating;
    await this.peers
      .signOff()
      .catch((error: unknown) => this.logger.warn({ err: error }, 'The process could not be signed off.'));
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async beat(): Promise<void> {
    this.beating ??= this.beatOnce().finally(() => (this.beating = undefined));
    await this.beating;
  }

  private async beatOnce(): Promise<void> {
    try {
      await withTimeout(this.config.TURN_LEASE / TIMEOUTS_PER_LEASE, this.renew());
      this.beatAt = performance.now();
      for (const listener of this.listeners) listener();
    } catch (error) {
      this.logger.warn({ err: error }, 'A heartbeat failed; the next one tries again.');
    }
  }

  /** The part that must succeed before the lease runs out; on another connection if the first one does not respond. */
  private async renew(): Promise<void> {
    await this.extendLeases();
    if (this.drainState.isAccepting) await this.announce();
  }

  private async extendLeases(): Promise<void> {
    const turnIds = this.runner.turnIds();
    if (turnIds.length === 0) return;
    const { stopped, lost } = await this.store.extendLeases(turnIds);
    for (const { turnId, reason } of stopped) void this.runner.stop(turnId, reason);
    for (const turnId of lost) this.runner.abandon(turnId);
  }
}
