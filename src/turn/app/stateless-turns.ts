import { Inject, Injectable } from '@nestjs/common';
import { AppError, newId, waitAtMost, userKey, WaitQueue } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { TurnGate } from './turn-gate.js';
import { TurnCapacity, type TurnOwner } from './turn-capacity.js';

/** A turn without a thread that has its place. */
export interface StatelessTurn {
  readonly id: string;
  /** Aborts with the caller's and with the process: what is done for the turn stops soon after. */
  readonly signal: AbortSignal;
  /** Gives the place back. Has to be called, however the turn ended. */
  readonly end: () => void;
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
  private readonly waiting: WaitQueue<TurnOwner, () => void>;

  constructor(
    private readonly gate: TurnGate,
    private readonly capacity: TurnCapacity,
    @Inject(CONFIG) config: Pick<Config, 'LLM_QUEUE_TIMEOUT_MS'>,
  ) {
    this.waiting = new WaitQueue({
      take: (owner) => (capacity.hasCapacityFor(owner) ? capacity.take(owner) : undefined),
      ownerOf: userKey,
      maxWaiting: MOST_WAITING,
      maxWaitingPerOwner: MOST_WAITING_OF_USER,
      maxWaitMs: config.LLM_QUEUE_TIMEOUT_MS,
      refusal: tooMany,
    });
    capacity.onChanged(() => this.waiting.admit());
  }

  /** Throws `SHUTTING_DOWN` when this process is on its way out. */
  checkOpen(): void {
    this.gate.check();
  }

  /** Throws `SHUTTING_DOWN`, or `RATE_LIMITED` when this process runs as many turns as it may. */
  checkCapacity(): void {
    this.gate.check();
    if (this.capacity.free === 0) throw tooMany();
  }

  /** Begins a turn, does the work and ends it. Throws as {@link begin} and the work do. */
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
   * Begins a turn, for what is done while somebody reads. Waits for a place first, in turn with others. Throws
   * `SHUTTING_DOWN`, or `RATE_LIMITED` when the wait is too long.
   */
  async begin(owner: TurnOwner, signal: AbortSignal): Promise<StatelessTurn> {
    this.gate.check();
    const place = this.waiting.enter(owner, signal);
    const leave = typeof place === 'function' ? place : await place;
    const controller = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const entry = { controller, ended };
    this.running.add(entry);
    const end = () => {
      this.running.delete(entry);
      leave();
      resolve();
    };
    return { id: newId(), signal: AbortSignal.any([signal, controller.signal]), end };
  }

  /** Waits for all of them so many milliseconds, then ends the rest with `SHUTTING_DOWN`; those without a place at once. */
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
