import { Inject, Injectable } from '@nestjs/common';
import { AppError, followSignal, newId, waitAtMost, userKey, WaitQueue } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { DrainState } from './drain-state.js';
import { TurnCapacity, type TurnOwner } from './turn-capacity.js';

/** A running turn without a thread. */
export interface StatelessTurn {
  readonly id: string;
  /** Aborts when the caller or this process does; the turn's work stops soon after. */
  readonly signal: AbortSignal;
  /** Releases the turn's slot. Must be called, however the turn ended. */
  readonly end: () => void;
}

const MOST_WAITING = 1_000;
const MOST_WAITING_OF_USER = 100;

/** Runs turns without a thread, under the same draining and capacity rules as turns with one. */
@Injectable()
export class StatelessTurns {
  private readonly running = new Set<{
    readonly controller: AbortController;
    readonly ended: Promise<void>;
  }>();
  private readonly waiting: WaitQueue<TurnOwner, () => void>;

  constructor(
    private readonly drainState: DrainState,
    private readonly capacity: TurnCapacity,
    @Inject(CONFIG) config: Pick<Config, 'LLM_QUEUE_TIMEOUT_MS'>,
  ) {
    this.waiting = new WaitQueue({
      tryAcquire: (owner) => (capacity.hasCapacityFor(owner) ? capacity.acquire(owner) : undefined),
      ownerOf: userKey,
      maxWaiting: MOST_WAITING,
      maxWaitingPerOwner: MOST_WAITING_OF_USER,
      maxWaitMs: config.LLM_QUEUE_TIMEOUT_MS,
      refusal: tooMany,
    });
    capacity.onChanged(() => this.waiting.admit());
  }

  /** Throws `SHUTTING_DOWN` when this process is draining. */
  checkOpen(): void {
    this.drainState.throwIfDraining();
  }

  /** Throws `SHUTTING_DOWN`, or `RATE_LIMITED` when this process is at capacity. */
  checkCapacity(): void {
    this.drainState.throwIfDraining();
    if (this.capacity.free === 0) throw tooMany();
  }

  /** Begins a turn, does the work and ends the turn. Throws what {@link begin} and the work throw. */
  async run<Result>(
    owner: TurnOwner,
    work: (turn: StatelessTurn) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    const turn = await this.begin(owner, signal);
    try {
      return await work(turn);
    } finally {
      turn.end();
    }
  }

  /**
   * Begins a turn whose answer is streamed. Waits for a slot first, fairly among owners. Throws `SHUTTING_DOWN`, or
   * `RATE_LIMITED` when the wait is too long.
   */
  async begin(owner: TurnOwner, signal: AbortSignal): Promise<StatelessTurn> {
    this.drainState.throwIfDraining();
    const slot = this.waiting.acquire(owner, signal);
    const release = typeof slot === 'function' ? slot : await slot;
    const controller = new AbortController();
    const unfollow = followSignal(signal, controller);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const entry = { controller, ended };
    this.running.add(entry);
    const end = () => {
      unfollow();
      this.running.delete(entry);
      release();
      resolve();
    };
    return { id: newId(), signal: controller.signal, end };
  }

  /**
   * Waits for running turns for at most `graceMs`, then aborts them with `SHUTTING_DOWN`; those that wait for a slot
   * are refused at once.
   */
  async drain(graceMs: number): Promise<void> {
    const reason = new AppError('SHUTTING_DOWN', 'The server is stopping. Send the message again.');
    this.waiting.refuseAll(reason);
    await waitAtMost(graceMs, Promise.all([...this.running].map(({ ended }) => ended)));
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
