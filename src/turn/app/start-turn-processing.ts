import { Inject, Injectable } from '@nestjs/common';
import { TURN_SIGNALS, type TurnSignals } from '../ports/turn-signals.js';
import { TURN_STORE, type TurnStore } from '../ports/turn-store.js';
import { PollTurns } from './poll-turns.js';
import { Heartbeat } from './heartbeat.js';
import { Housekeeping } from './housekeeping.js';
import { QueuedTurns } from './queued-turns.js';
import { TurnRunner } from './turn-runner.js';

/** Starts running turns in this process. */
@Injectable()
export class StartTurnProcessing {
  constructor(
    @Inject(TURN_STORE) private readonly store: Pick<TurnStore, 'expireAllLeases'>,
    @Inject(TURN_SIGNALS) private readonly signals: TurnSignals,
    private readonly runner: TurnRunner,
    private readonly queued: QueuedTurns,
    private readonly pollTurns: PollTurns,
    private readonly heartbeat: Heartbeat,
    private readonly housekeeping: Housekeeping,
  ) {}

  /**
   * `isAlone`: no other process uses this database, so any turn that is running in it was abandoned by a dead process.
   */
  async open(isAlone: boolean): Promise<void> {
    await this.signals.onGoOnRequested((turnId) => void this.queued.dispatch(turnId));
    await this.signals.onStopRequested((turnId, reason) => void this.runner.stop(turnId, reason));
    if (isAlone) await this.store.expireAllLeases();
    await this.queued.start();
    await this.heartbeat.announce();
    await this.pollTurns.findTurns();
    this.heartbeat.onBeat(() => this.pollTurns.run());
    this.heartbeat.onBeat(() => this.housekeeping.run());
    this.heartbeat.start();
  }
}
