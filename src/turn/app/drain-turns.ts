import { Inject, Injectable, Logger } from '@nestjs/common';
import { LogWakeUps } from '../../log/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { Peers } from '../../platform/database/index.js';
import { TURN_QUEUE, type TurnQueue } from '../ports/turn-queue.js';
import { PollTurns } from './poll-turns.js';
import { Heartbeat } from './heartbeat.js';
import { QueuedTurns } from './queued-turns.js';
import { StatelessTurns } from './stateless-turns.js';
import { DrainState } from './drain-state.js';
import { TurnRunner } from './turn-runner.js';

/** Ends this process's turns, or hands them over to another process, before it stops. */
@Injectable()
export class DrainTurns {
  private readonly logger = new Logger(DrainTurns.name);
  private draining: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'SHUTDOWN'>,
    @Inject(TURN_QUEUE) private readonly queue: TurnQueue,
    private readonly peers: Peers,
    private readonly drainState: DrainState,
    private readonly runner: TurnRunner,
    private readonly queued: QueuedTurns,
    private readonly stateless: StatelessTurns,
    private readonly pollTurns: PollTurns,
    private readonly heartbeat: Heartbeat,
    private readonly wakeUps: LogWakeUps,
  ) {}

  /**
   * Accepts no more messages, lets running turns continue for `graceMs`, then stores what the remaining ones have
   * produced and releases them: another process continues them, or the next one to start. A turn that comes to what must
   * not be done twice is released there. Only with `SHUTDOWN=interrupt`, and when there is no other process, they continue
   * whatever they come to, and end `interrupted`. Streams end once everything stored has been sent. Repeated calls return
   * the promise of the first.
   */
  drain(graceMs: number): Promise<void> {
    this.draining ??= this.run(graceMs);
    return this.draining;
  }

  private async run(graceMs: number): Promise<void> {
    this.drainState.startDraining();
    this.queued.pause();
    await this.pollTurns.idle();
    await this.heartbeat.signOff();
    if (await this.willResume()) this.runner.prepareToLeave();
    await Promise.all([this.runner.waitForAll(graceMs), this.stateless.drain(graceMs)]);
    await this.runner.endAll(await this.willResume());
    this.heartbeat.stop();
    await Promise.all([this.queue.close(), this.wakeUps.stop()]);
  }

  private async willResume(): Promise<boolean> {
    if (this.config.SHUTDOWN === 'leave') return true;
    try {
      return await this.peers.hasOthers();
    } catch (error) {
      this.logger.warn({ err: error }, 'Whether another process is there could not be read.');
      return false;
    }
  }
}
