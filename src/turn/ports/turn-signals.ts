import type { StopReason } from './turn-store.js';

/** Injection token of {@link TurnSignals}. */
export const TURN_SIGNALS = Symbol('TurnSignals');

/**
 * Wake-ups between processes. They carry no data and may be lost or doubled: whoever is woken reads by cursor.
 */
export interface TurnSignals {
  /** Calls back with the thread whose log grew in another process, or with nothing when any may have. */
  onAppended(wake: (threadId: string | undefined) => void): Promise<void>;
  /** Calls back with the turn that somebody wants stopped, and why. */
  onStopRequested(stop: (turnId: string, reason: StopReason) => void): Promise<void>;
}
