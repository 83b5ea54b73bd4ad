import type { LoggedEvent } from '../core/logged-event.js';

/** Receives what other processes write. */
export interface LiveFollower {
  /** Events of a followed thread, in the order of their sequence; some may arrive twice. */
  received(threadId: string, events: readonly LoggedEvent[]): void;
  /** Events of the thread, or of any when `undefined`, may be missing here: they are in the event log. */
  missed(threadId: string | undefined): void;
}

/** `off`: not configured; `down`: currently unreachable. */
export type LiveLogState = 'off' | 'up' | 'down';

/** Injection token of the {@link LiveLog}. */
export const LIVE_LOG = Symbol('LiveLog');

/**
 * A fast way for events that the event log has stored to reach watchers in other processes. What every implementation
 * promises, and `test/contracts/live-log.contract.ts` holds it to:
 *
 * - It may lose anything at any time, and never invents: what arrives was published, data to the letter.
 * - Events of a thread arrive in order. A follower told of a gap, or seeing one in the sequence, reads the event log.
 * - No method throws or waits for the network, except `close`.
 * - What it keeps of a thread is bounded in length and in time.
 */
export interface LiveLog {
  /** While `up`, what other processes publish arrives here; otherwise a watcher that is woken reads the event log. */
  readonly state: LiveLogState;
  /** Starts listening, for the only follower in this process. */
  start(follower: LiveFollower): void;
  /** Publishes stored events. A process does not receive its own. */
  publish(threadId: string, events: readonly LoggedEvent[]): void;
  /**
   * From now on the follower receives what comes after the sequence. Has no effect for a thread that is followed
   * already.
   */
  follow(threadId: string, after: number): void;
  unfollow(threadId: string): void;
  /** Deletes what is kept of a deleted thread, and unfollows it. */
  forget(threadId: string): void;
  /** Waits a moment for what was just published to be sent; resolves within a second, whatever the network does. */
  close(): Promise<void>;
}
