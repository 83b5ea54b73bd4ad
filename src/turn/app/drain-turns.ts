import { Inject, Injectable, Logger } from '@nestjs/common';
import { LogWakeUps } from '../../log/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { Peers } from '../../platform/database/index.js';
import { TURN_QUEUE, type TurnQueue } from '../ports/turn-queue.js';
import { PollTurns } from './poll-turns.js';
import { Heartbeat } from './heartbeat.js';
import { QueuedTurns } from './queued-turns.js';
import { StatelessTurns } from './stateless-turns.js';
import { TurnGate } from './turn-gate.js';
import { TurnRunner } from './turn-runner.js';

/** Brings this process's turns to an end, or leaves them to another process, before it stops. */
@Injectable()
export class DrainTurns {
  private readonly logger = new Logger(DrainTurns.name);
  private draining: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'SHUTDOWN'>,
    @Inject(TURN_QUEUE) private readonly queue: TurnQueue,
    private readonly peers: Peers,
    private readonly gate: TurnGate,
    private readonly runner: TurnRunner,
    private readonly queued: QueuedTurns,
    private readonly stateless: StatelessTurns,
    private readonly pollTurns: PollTurns,
    private readonly heartbeat: Heartbeat,
    private readonly wakeUps: LogWakeUps,
  ) {}

  /**
   * Takes no more messages, lets turns go on for so many milliseconds, then stores what the others have said and lets
   * go of them: another process goes on with them, or the next one to start. Only with `SHUTDOWN=interrupt`, and where
   * nobody else is there, they end `interrupted`. Watches end when they have given what there is. Called again, it
   * answers with the first call.
   */
  drain(graceMs: number): Promise<void> {
    this.draining ??= this.run(graceMs);
    return this.draining;
  }

  private async run(graceMs: number): Promise<void> {
    this.gate.close();
    this.queued.pause();
    await this.pollTurns.settled();
    await this.heartbeat.leave();
    await Promise.all([this.runner.settle(graceMs), this.stateless.drain(graceMs)]);
    await this.runner.leave(this.config.SHUTDOWN === 'leave' || (await this.isSomebodyThere()));
    this.heartbeat.stop();
    await Promise.all([this.queue.close(), this.wakeUps.stop()]);
  }

  private async isSomebodyThere(): Promise<boolean> {
    try {
      return await this.peers.othersAreThere();
    } catch (error) {
      this.logger.warn({ err: error }, 'Whether another process is there could not be read.');
      return false;
    }
  }
}
