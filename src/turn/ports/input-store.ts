import {
  WITHHELD,
  type Caller,
  type InputOutcome,
  type InputRequired,
  type Person,
  type ResolvedInput,
} from '../../kernel/index.js';
import type { Turn } from '../core/turn.js';

export type InputStatus = 'open' | InputOutcome;

/** What a turn waits for, as whoever may answer it sees it. Times are ISO 8601 UTC with milliseconds. */
export interface Input extends Omit<InputRequired['data'], 'inputId'> {
  readonly id: string;
  readonly threadId: string;
  readonly turnId: string;
  readonly assignee?: string;
  readonly role?: string;
  readonly status: InputStatus;
  readonly createdAt: string;
  readonly answeredAt?: string;
  readonly answeredBy?: string;
  /** Its turn draws on documents above the reader's clearance: neither the prompt nor what goes with it is shown. */
  readonly withheld?: true;
}

/** An input without what may come from documents: the prompt, what its schema proposes, and the address. */
export function withheldInput({ url: _url, ...input }: Input): Input {
  return { ...input, prompt: WITHHELD, schema: null, withheld: true };
}

/** How an input is answered: `accept` with what its schema asks for. */
export interface InputAnswer {
  readonly outcome: Exclude<InputOutcome, 'expired'>;
  readonly content?: unknown;
  readonly remember?: boolean | undefined;
}

export interface InputPage {
  readonly inputs: readonly Input[];
  /** The id that the next page begins behind, when there is one. */
  readonly next: string | undefined;
}

/** An input that is closed. */
export interface ClosedOne {
  readonly kind: 'closed';
  readonly input: Input;
  readonly turn: Turn;
  /** Its turn can go on, and waits for a process. */
  readonly isLast: boolean;
  /** Another process that holds what the turn goes on with; it has been told. */
  readonly holder?: string;
}

/** What came of closing an input. */
export type ClosedInput =
  | ClosedOne
  /** Somebody has answered it, it has expired, or its turn does not wait any more. */
  | { readonly kind: 'conflict'; readonly status: InputStatus }
  | { readonly kind: 'not_found' };

/** Injection token of the {@link InputStore}. */
export const INPUT_STORE = Symbol('InputStore');

/**
 * What turns wait for. A caller sees and answers inputs of own threads, and those that name the caller or one of the caller's
 * roles, within the caller's org: any other is absent. What was asked is withheld from one below the level of the turn. An input is closed once; its `input_resolved` is in the log then, and
 * with the last one of a turn, the turn can be taken over.
 */
export interface InputStore {
  /** The newest first. */
  list(
    caller: Caller,
    status: InputStatus | undefined,
    limit: number,
    after: string | undefined,
  ): Promise<InputPage>;
  find(caller: Caller, id: string): Promise<Input | undefined>;
  answer(caller: Caller, id: string, answer: InputAnswer): Promise<ClosedInput>;
  /** What came of the inputs of a turn, by their keys; nothing of those that are open. For the engine, when a turn goes on. */
  resolvedOf(turnId: string): Promise<ReadonlyMap<string, ResolvedInput>>;
  /** The inputs of the turn that nobody has closed, as the reader may see them. */
  openOf(reader: Pick<Caller, 'clearance'>, turnId: string): Promise<readonly Input[]>;
  /** Closes inputs whose time is over, `limit` at most. */
  expire(limit: number): Promise<readonly Extract<ClosedInput, { kind: 'closed' }>[]>;
  /**
   * Removes the user's name from the inputs of other people's threads. Whom an open one names then is its thread's owner alone; it
   * stays open, so that nobody is told that it was closed.
   */
  anonymise(user: Person): Promise<void>;
  /** How many are open, of all. */
  countOpen(): Promise<number>;
}
