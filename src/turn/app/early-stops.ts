import type { StopReason } from '../ports/turn-store.js';

/** How long a request may come before its turn: between the two there is no more than a statement's way back. */
const KEPT_MS = 10_000;
const MAX_KEPT = 1_000;

/**
 * Requests to stop turns that do not run here. Most are about turns of other processes; one may be about a turn that this
 * process has just claimed, and comes before the claim's answer, which does not tell of it.
 */
export class EarlyStops {
  /** The oldest first. */
  private readonly requests = new Map<string, { readonly reason: StopReason; readonly at: number }>();

  note(turnId: string, reason: StopReason): void {
    const now = performance.now();
    this.requests.delete(turnId);
    this.requests.set(turnId, { reason, at: now });
    for (const [oldest, { at }] of this.requests) {
      if (this.requests.size <= MAX_KEPT && now - at <= KEPT_MS) return;
      this.requests.delete(oldest);
    }
  }

  /** Why the turn, which begins now, is to be stopped. */
  take(turnId: string): StopReason | undefined {
    const request = this.requests.get(turnId);
    this.requests.delete(turnId);
    return request === undefined || performance.now() - request.at > KEPT_MS ? undefined : request.reason;
  }
}
