import type { TurnOutcome } from '../../kernel/index.js';

/** The log will never take an event of the turn: its end can be written, where the events before it end. */
export class EventRefusedError extends Error {
  override readonly name = 'EventRefusedError';

  constructor(cause: unknown) {
    super('an event cannot be stored', { cause });
  }
}

/** The turn's lease has passed to another process: whoever gets this must write nothing more. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

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

/** The log cannot go on from a cursor: compaction has made the event at it and later ones one. A snapshot stands for them. */
export class CompactedCursorError extends Error {
  override readonly name = 'CompactedCursorError';

  constructor(readonly cursor: number) {
    super(`the log has been compacted past ${cursor}`);
  }
}
