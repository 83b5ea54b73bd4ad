import type { LoggedEvent } from '../core/logged-event.js';

/** Is told what other processes write. */
export interface LiveFollower {
  /** Events of a followed thread, in the order of their sequence; some may arrive twice. */
  received(threadId: string, events: readonly LoggedEvent[]): void;
  /** Events of the thread, or of any when `undefined`, may not arrive this way: they are in the event log. */
  missed(threadId: string | undefined): void;
}

/** `off`: there is none; `down`: it cannot be reached now. */
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
  /** While `up`, what other processes publish arrives here; else whoever is woken reads the event log. */
  readonly state: LiveLogState;
  /** Begins to listen, for the one follower of this process. */
  start(follower: LiveFollower): void;
  /** Hands on events that are stored. A process does not receive its own. */
  publish(threadId: string, events: readonly LoggedEvent[]): void;
  /** From now on the follower receives what comes after the sequence. Calling it for a followed thread changes nothing. */
  follow(threadId: string, after: number): void;
  unfollow(threadId: string): void;
  /** Removes what is kept of a deleted thread, and unfollows it. */
  forget(threadId: string): void;
  /** Gives what was just published a moment to arrive; resolves within a second, whatever the network does. */
  close(): Promise<void>;
}
