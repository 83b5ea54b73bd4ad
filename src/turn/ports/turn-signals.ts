import type { StopReason } from './turn-store.js';

/** Injection token of {@link TurnSignals}. */
export const TURN_SIGNALS = Symbol('TurnSignals');

/**
 * Notifications between processes. They may be lost or delivered twice: a process that misses one learns of it with its
 * next heartbeat.
 */
export interface TurnSignals {
  /** Calls back with a turn that can go on, and has something here that no other process has. */
  onGoOnRequested(goOn: (turnId: string) => void): Promise<void>;
  /** Calls back with the turn to stop, and why. */
  onStopRequested(stop: (turnId: string, reason: StopReason) => void): Promise<void>;
}
