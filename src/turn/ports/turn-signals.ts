import type { StopReason } from './turn-store.js';

/** Injection token of {@link TurnSignals}. */
export const TURN_SIGNALS = Symbol('TurnSignals');

/**
 * Notifications between processes. They may be lost or delivered twice: a process that misses one learns of it with its
 * next heartbeat.
 */
export interface TurnSignals {
  /** Calls back with the turn to stop, and why. */
  onStopRequested(stop: (turnId: string, reason: StopReason) => void): Promise<void>;
}
