import { Inject, Injectable } from '@nestjs/common';
import { AppError, newId, patiently } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { TurnGate } from './turn-gate.js';
import { TurnRoom, type TurnOwner } from './turn-room.js';

/** What a turn without a thread does; it stops soon after the signal aborts. */
export type StatelessWork<Event, Result> = (
  turnId: string,
  signal: AbortSignal,
) => AsyncGenerator<Event, Result, undefined>;

interface Waiter {
  readonly owner: TurnOwner;
  /** Ends the waiting with a place. */
  admit(): void;
  refuse(reason: unknown): void;
}

const MOST_WAITING = 1_000;
const MOST_WAITING_OF_USER = 100;

/** Runs turns that leave no thread behind, under the same gate and bound as those that do. */
@Injectable()
export class StatelessTurns {
  private readonly running = new Set<{
    readonly controller: AbortController;
    readonly ended: Promise<void>;
  }>();
  private readonly waiting = new Set<Waiter>();

  constructor(
    private readonly gate: TurnGate,
    private readonly room: TurnRoom,
    @Inject(CONFIG) private readonly config: Pick<Config, 'LLM_QUEUE_TIMEOUT_MS'>,
  ) {
    room.onChanged(() => this.admitWaiting());
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
    const leave = this.room.hasRoomFor(owner) ? this.room.take(owner) : await this.wait(owner, signal);
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
    for (const waiter of this.waiting) waiter.refuse(reason);
    await patiently(graceMs, Promise.all([...this.running].map(({ ended }) => ended)));
    for (const { controller } of this.running) controller.abort(reason);
  }

  private wait(owner: TurnOwner, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const own = [...this.waiting].filter(({ owner: { org, id } }) => org === owner.org && id === owner.id);
    if (this.waiting.size >= MOST_WAITING || own.length >= MOST_WAITING_OF_USER) throw tooMany();
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const stopWaiting = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      this.waiting.delete(waiter);
    };
    const waiter: Waiter = {
      owner,
      admit: () => {
        stopWaiting();
        resolve(this.room.take(owner));
      },
      refuse: (reason) => {
        stopWaiting();
        reject(reason);
      },
    };
    const onAbort = () => waiter.refuse(signal.reason);
    const timer = setTimeout(() => waiter.refuse(tooMany()), this.config.LLM_QUEUE_TIMEOUT_MS);
    signal.addEventListener('abort', onAbort, { once: true });
    this.waiting.add(waiter);
    return promise;
  }

  /** Lets in who may begin now, those who came first before others; who has a share already lets them pass. */
  private admitWaiting(): void {
    for (const waiter of this.waiting) {
      if (this.room.free === 0) return;
      if (this.room.hasRoomFor(waiter.owner)) waiter.admit();
    }
  }
}

function tooMany(): AppError {
  return new AppError(
    'RATE_LIMITED',
    'The server is answering as many messages as it can. Try again shortly.',
    { retryAfter: 2 },
  );
}
