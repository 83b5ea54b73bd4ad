import type { TurnOutcome } from '../../kernel/index.js';

/** Why a running turn was told to stop. */
export class TurnStopped extends Error {
  override readonly name = 'TurnStopped';

  constructor(
    readonly outcome: Extract<TurnOutcome, 'cancelled' | 'interrupted'>,
    /** The process is stopping, and nobody is to go on. */
    readonly isShutdown = false,
  ) {
    super(`the turn was ${outcome}`);
  }
}

/** The process is stopping, and another one goes on with the turn, or the next one to start. */
export class TurnHandedOver extends Error {
  override readonly name = 'TurnHandedOver';
}
