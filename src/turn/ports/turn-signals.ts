import type { StopReason } from './turn-store.js';

/** Injection token of {@link TurnSignals}. */
export const TURN_SIGNALS = Symbol('TurnSignals');

/** What processes call out to each other. It may be lost or doubled: whoever misses it finds it with the next heartbeat. */
export interface TurnSignals {
  /** Calls back with the turn that somebody wants stopped, and why. */
  onStopRequested(stop: (turnId: string, reason: StopReason) => void): Promise<void>;
}
