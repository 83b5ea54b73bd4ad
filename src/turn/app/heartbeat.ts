import { Inject, Injectable, Logger } from '@nestjs/common';
import { withTimeout } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { Peers } from '../../platform/database/index.js';
import { TURN_STORE, type TurnStore } from '../ports/turn-store.js';
import { TurnGate } from './turn-gate.js';
import { TurnRunner } from './turn-runner.js';

/** Heartbeats per lease: the third one missed in a row is the last that may be. */
const BEATS_PER_LEASE = 4;
/** A heartbeat that takes longer than a lease divided by this is given up, so that another one can do better. */
const BEATS_TO_GIVE_UP = 2;

/** Says that this process is there, extends its leases, and hears by that which of its turns are to stop. */
@Injectable()
export class Heartbeat {
  private readonly logger = new Logger(Heartbeat.name);
  private readonly listeners: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** When a heartbeat last got through, on the clock of `performance.now()`. */
  private beatAt = performance.now();
  private beating: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE' | 'TURN_LEASE'>,
    @Inject(TURN_STORE) private readonly store: Pick<TurnStore, 'extendLeases'>,
    private readonly peers: Peers,
    private readonly runner: TurnRunner,
    private readonly gate: TurnGate,
  ) {}

  /** Whether heartbeats get through: `false` once none has for as long as a lease. */
  get isBeating(): boolean {
    return performance.now() - this.beatAt <= this.config.TURN_LEASE;
  }

  /** Calls back after every heartbeat that got through; what the listener does must not throw, nor hold anything up. */
  onBeat(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Announces this process. */
  async announce(): Promise<void> {
    await this.peers.seen(this.config.ROLE !== 'api');
  }

  start(): void {
    this.timer = setInterval(() => void this.beat(), this.config.TURN_LEASE / BEATS_PER_LEASE);
    this.timer.unref();
  }

  /** Says that this process takes nothing new; what it runs stays its own. To be called once the gate is closed. */
  async leave(): Promise<void> {
    await this.beating;
    await this.peers
      .leave()
      .catch((error: unknown) => this.logger.warn({ err: error }, 'The process could not be signed off.'));
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async beat(): Promise<void> {
    this.beating ??= this.pulse().finally(() => (this.beating = undefined));
    await this.beating;
  }

  private async pulse(): Promise<void> {
    try {
      await withTimeout(this.config.TURN_LEASE / BEATS_TO_GIVE_UP, this.renew());
      this.beatAt = performance.now();
      for (const listener of this.listeners) listener();
    } catch (error) {
      this.logger.warn({ err: error }, 'A heartbeat failed; the next one tries again.');
    }
  }

  /** What must get through before the lease is over, on another connection if the first one is silent. */
  private async renew(): Promise<void> {
    await this.extendLeases();
    if (this.gate.isOpen) await this.announce();
  }

  private async extendLeases(): Promise<void> {
    const turnIds = this.runner.turnIds();
    if (turnIds.length === 0) return;
    const { stopped, lost } = await this.store.extendLeases(turnIds);
    for (const { turnId, reason } of stopped) void this.runner.stop(turnId, reason);
    for (const turnId of lost) this.runner.lose(turnId);
  }
}
