import { Inject, Injectable } from '@nestjs/common';
import { AppError, newId, patiently, userKey, WaitQueue } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { TurnGate } from './turn-gate.js';
import { TurnRoom, type TurnOwner } from './turn-room.js';

/** What a turn without a thread does; it stops soon after the signal aborts. */
export type StatelessWork<Event, Result> = (
  turnId: string,
  signal: AbortSignal,
) => AsyncGenerator<Event, Result, undefined>;

const MOST_WAITING = 1_000;
const MOST_WAITING_OF_USER = 100;

/** Runs turns that leave no thread behind, under the same gate and bound as those that do. */
@Injectable()
export class StatelessTurns {
  private readonly running = new Set<{
    readonly controller: AbortController;
    readonly ended: Promise<void>;
  }>();
  private readonly waiting: WaitQueue<TurnOwner, () => void>;

  constructor(
    private readonly gate: TurnGate,
    private readonly room: TurnRoom,
    @Inject(CONFIG) config: Pick<Config, 'LLM_QUEUE_TIMEOUT_MS'>,
  ) {
    this.waiting = new WaitQueue({
      take: (owner) => (room.hasRoomFor(owner) ? room.take(owner) : undefined),
      ownerOf: userKey,
      maxWaiting: MOST_WAITING,
      maxWaitingPerOwner: MOST_WAITING_OF_USER,
      maxWaitMs: config.LLM_QUEUE_TIMEOUT_MS,
      refusal: tooMany,
    });
    room.onChanged(() => this.waiting.admit());
  }

  /** Throws `SHUTTING_DOWN` when this process is on its way out. */
  checkOpen(): void {
    this.gate.check();
  }

  /** Throws `SHUTTING_DOWN`, or `RATE_LIMITED` when this process runs as many turns as it may. */
  checkRoom(): void {
    this.gate.check();
    if (this.room.free === 0) throw tooMany();
  }

  /**
   * Runs the work for as long as somebody reads on; the signal's abort and the end of the process end it. Waits for a
   * place first, in turn with others. Throws `SHUTTING_DOWN`, or `RATE_LIMITED` when the wait is too long.
   */
  async *run<Event, Result>(
    owner: TurnOwner,
    work: StatelessWork<Event, Result>,
    signal: AbortSignal,
  ): AsyncGenerator<Event, Result, undefined> {
    this.gate.check();
    const place = this.waiting.enter(owner, signal);
    const leave = typeof place === 'function' ? place : await place;
    const controller = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const entry = { controller, ended };
    this.running.add(entry);
    try {
      return yield* work(newId(), AbortSignal.any([signal, controller.signal]));
    } finally {
      this.running.delete(entry);
      leave();
      resolve();
    }
  }

  /** Waits for all of them so many milliseconds, then ends the rest with `SHUTTING_DOWN`; those without a place at once. */
  async drain(graceMs: number): Promise<void> {
    const reason = new AppError('SHUTTING_DOWN', 'The server is stopping. Send the message again.');
    this.waiting.refuseAll(reason);
    await patiently(graceMs, Promise.all([...this.running].map(({ ended }) => ended)));
    for (const { controller } of this.running) controller.abort(reason);
  }
}

function tooMany(): AppError {
  return new AppError(
    'RATE_LIMITED',
    'The server is answering as many messages as it can. Try again shortly.',
    { retryAfter: 2 },
  );
}
