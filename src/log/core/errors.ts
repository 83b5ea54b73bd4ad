import type { TurnOutcome } from '../../kernel/index.js';

export { LeaseLostError } from '../../kernel/index.js';

/** The log refuses an event of the turn for good. What came before it is stored, and the turn's end can follow there. */
export class EventRefusedError extends Error {
  override readonly name = 'EventRefusedError';

  constructor(cause: unknown) {
    super('an event cannot be stored', { cause });
  }
}

/** Why a running turn was told to stop. */
export class TurnStopped extends Error {
  override readonly name = 'TurnStopped';

  constructor(
    readonly outcome: Extract<TurnOutcome, 'cancelled' | 'interrupted'>,
    /** The process is stopping, and no other one will resume the turn. */
    readonly isShutdown = false,
  ) {
    super(`the turn was ${outcome}`);
  }
}

/** The process is stopping. Another one, or the next one to start, resumes the turn. */
export class TurnHandedOver extends Error {
  override readonly name = 'TurnHandedOver';
}

/**
 * The log cannot be read from a cursor: compaction has merged the event there with later ones. A snapshot replaces
 * them.
 */
export class CompactedCursorError extends Error {
  override readonly name = 'CompactedCursorError';

  constructor(readonly cursor: number) {
    super(`the log has been compacted past ${cursor}`);
  }
}
