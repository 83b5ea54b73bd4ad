import type { Caller } from '../../kernel/index.js';
import type { Thread } from '../../thread/index.js';
import type { Input } from '../../turn/index.js';

/** What has happened to something of a user's: enough to read it, and what there is of what may be gone by then. */
export type UserSignal =
  | { readonly kind: 'thread_created' | 'thread_updated'; readonly id: string }
  | { readonly kind: 'thread_deleted'; readonly id: string; readonly thread: Thread }
  | {
      readonly kind: 'turn_started' | 'turn_waiting' | 'turn_ended';
      readonly id: string;
      readonly threadId: string;
    }
  | { readonly kind: 'input_opened'; readonly id: string }
  | ClosedInputSignal;

/** That an input is closed. */
export interface ClosedInputSignal {
  readonly kind: 'input_closed';
  readonly id: string;
  /** As it was then, with a shorter prompt and without a large schema; absent where there is too much of it. */
  readonly input?: Input | undefined;
  /** The level of what it asked for; absent where a former release tells of it. */
  readonly level?: number | undefined;
}

/** Whom signals are for. */
export type SignalReader = Pick<Caller, 'id' | 'org' | 'roles'>;

/** Injection token of the {@link UserSignals}. */
export const USER_SIGNALS = Symbol('UserSignals');

/**
 * Signals, from whichever process, about the threads of a user and the turns in them, and about the inputs that the user or one
 * of the user's roles may answer. They come after what they tell of is stored. They wake: what the user may read of it is
 * for who hears them to ask.
 */
export interface UserSignals {
  /**
   * Calls back with every signal for the reader from when it resolves until the answered function is called; with
   * `undefined` when any may have been lost. While nobody follows, a process hears none.
   */
  follow(reader: SignalReader, heard: (signal: UserSignal | undefined) => void): Promise<() => void>;
}
