import { Injectable } from '@nestjs/common';
import { KeepTurns } from './keep-turns.js';
import { StatelessTurns } from './stateless-turns.js';
import { ThreadFeeds } from './thread-feeds.js';
import { TurnGate } from './turn-gate.js';
import { TurnRunner } from './turn-runner.js';

/** Brings this process's turns to an end before it stops. */
@Injectable()
export class DrainTurns {
  private draining: Promise<void> | undefined;

  constructor(
    private readonly gate: TurnGate,
    private readonly runner: TurnRunner,
    private readonly stateless: StatelessTurns,
    private readonly keep: KeepTurns,
    private readonly feeds: ThreadFeeds,
  ) {}

  /**
   * Takes no more messages, lets turns go on for so many milliseconds, then stores what the others have said
   * and ends them `interrupted`. Watches end when they have given what there is. Called again, it answers with the
   * first call.
   */
  drain(graceMs: number): Promise<void> {
    this.draining ??= this.run(graceMs);
    return this.draining;
  }

  private async run(graceMs: number): Promise<void> {
    this.gate.close();
    await Promise.all([this.runner.settle(graceMs), this.stateless.drain(graceMs)]);
    await Promise.all(this.runner.turnIds().map((turnId) => this.runner.stop(turnId, 'interrupted')));
    this.keep.stop();
    this.feeds.closeAll();
  }
}
