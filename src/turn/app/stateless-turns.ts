import { Injectable } from '@nestjs/common';
import { AppError, newId, patiently } from '../../kernel/index.js';
import { TurnGate } from './turn-gate.js';
import { TurnRoom } from './turn-room.js';

/** What a turn without a thread does; it stops soon after the signal aborts. */
export type StatelessWork<Event, Result> = (
  turnId: string,
  signal: AbortSignal,
) => AsyncGenerator<Event, Result, undefined>;

/** Runs turns that leave no thread behind, under the same gate and bound as those that do. */
@Injectable()
export class StatelessTurns {
  private readonly running = new Set<{
    readonly controller: AbortController;
    readonly ended: Promise<void>;
  }>();

  constructor(
    private readonly gate: TurnGate,
    private readonly room: TurnRoom,
  ) {}

  /** Throws `SHUTTING_DOWN`, or `RATE_LIMITED` when this process runs as many turns as it may. */
  checkRoom(): void {
    this.gate.check();
    if (this.room.free > 0) return;
    throw new AppError(
      'RATE_LIMITED',
      'The server is answering as many messages as it can. Try again shortly.',
      { retryAfter: 2 },
    );
  }

  /** Runs the work for as long as somebody reads on; the signal's abort and the end of the process end it. */
  async *run<Event, Result>(
    work: StatelessWork<Event, Result>,
    signal: AbortSignal,
  ): AsyncGenerator<Event, Result, undefined> {
    this.checkRoom();
    const controller = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const entry = { controller, ended };
    this.running.add(entry);
    const leave = this.room.take();
    try {
      return yield* work(newId(), AbortSignal.any([signal, controller.signal]));
    } finally {
      this.running.delete(entry);
      leave();
      resolve();
    }
  }

  /** Waits for all of them so many milliseconds, then ends the rest with `SHUTTING_DOWN`. */
  async drain(graceMs: number): Promise<void> {
    await patiently(graceMs, Promise.all([...this.running].map(({ ended }) => ended)));
    const reason = new AppError('SHUTTING_DOWN', 'The server is stopping. Send the message again.');
    for (const { controller } of this.running) controller.abort(reason);
  }
}
