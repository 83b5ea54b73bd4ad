import type { TurnOutcome } from '../../kernel/index.js';

/**
 * The log refuses an event of the turn permanently. The events before it are stored, and the turn's end can follow
 * them.
 */
export class EventRefusedError extends Error {
  override readonly name = 'EventRefusedError';

  constructor(cause: unknown) {
    super('an event cannot be stored', { cause });
  }
}

/** The turn's lease has passed to another process: the receiver of this error must write nothing more. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
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
