import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  isPiece,
  TurnFold,
  type Caller,
  type Citation,
  type FoldedTurn,
  type Message,
  type Usage,
} from '../../kernel/index.js';
import { eventOf, type LoggedEvent, type PreparedWatch } from '../../log/index.js';
import { MESSAGE_STORE, type MessageStore } from '../../thread/index.js';
import {
  INPUT_STORE,
  TURN_STORE,
  type Input,
  type InputStore,
  type StartedTurn,
  type Turn,
  type TurnStore,
} from '../../turn/index.js';
import { ReadableCitations } from '../../workflow/index.js';
import { FollowTurn } from './follow-turn.js';
import type { StreamItem } from './resume.js';

/** A turn's whole outcome at once. `response` is the answer's text. */
export interface TurnResult {
  readonly response: string;
  readonly message: Message;
  readonly userMessage: Message;
  readonly turn: Turn;
  readonly usage: Usage | null;
  readonly citations: readonly Citation[];
}

/** A turn that waits for a person before it can go on. */
export interface WaitingResult {
  readonly turn: Turn;
  readonly inputs: readonly Input[];
  readonly userMessage: Message;
  /** What it has said so far. */
  readonly message: Message;
}

/** Waits for the end of a turn. */
@Injectable()
export class AwaitTurn {
  constructor(
    @Inject(TURN_STORE) private readonly turns: TurnStore,
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    @Inject(INPUT_STORE) private readonly inputs: Pick<InputStore, 'openOf'>,
    private readonly followTurn: FollowTurn,
    private readonly citations: ReadableCitations,
  ) {}

  /**
   * What a turn ended with, or what it waits for. Throws the error a failed turn ended with. Meanwhile `tell` gets its events, as
   * the caller may see them.
   */
  async answer(
    caller: Caller,
    started: StartedTurn,
    signal: AbortSignal,
    prepared?: PreparedWatch,
    tell?: (event: LoggedEvent) => void,
  ): Promise<TurnResult | WaitingResult> {
    const { id, threadId } = started.turn;
    const told = new TurnFold();
    const waiting = await this.follow(caller, started, told, signal, prepared, tell);
    if (signal.aborted) throw new AppError('STATE_CONFLICT', 'The client went before the answer came.');
    const [turn, { userMessage, message }] = await Promise.all([
      waiting?.turn ?? this.turns.find(caller, threadId, id),
      this.exchange(caller, id, told.turn),
    ]);
    if (turn === undefined || userMessage === undefined || message === undefined) {
      throw new AppError('NOT_FOUND', 'The thread was deleted meanwhile.');
    }
    if (turn.error !== null) {
      const { code, message: text, retryable, details } = turn.error;
      throw new AppError(code, text, { retryable, details: { ...details, turnId: id } });
    }
    if (waiting !== undefined) return { ...waiting, userMessage, message };
    if (turn.endedAt === null) {
      throw new AppError(
        'SHUTTING_DOWN',
        'The server is stopping, and the answer goes on elsewhere or after the next start. Ask again with the same Idempotency-Key, or read the thread.',
        { details: { turnId: id } },
      );
    }
    const { content: response, usage, citations } = message;
    return { response, message, userMessage, turn, usage, citations };
  }

  /**
   * Adds the turn's events to the fold until the turn has ended, or waits for a person: then with what it waits for. A turn
   * that was answered between its suspension and the look at it goes on, and is followed further.
   */
  private async follow(
    caller: Caller,
    { turn: started, firstSeq }: StartedTurn,
    told: TurnFold,
    signal: AbortSignal,
    prepared?: PreparedWatch,
    tell?: (event: LoggedEvent) => void,
  ): Promise<Pick<WaitingResult, 'turn' | 'inputs'> | undefined> {
    let after: number | undefined;
    let place = prepared;
    for (let turn: Turn | undefined = started; turn !== undefined && !signal.aborted;) {
      let wasSuspended = false;
      for await (const items of this.followTurn.events(caller, { turn, firstSeq }, after, signal, place)) {
        for (const item of items) {
          addMessages(told, item);
          if ('seq' in item) {
            after = item.seq;
            tell?.(item);
          }
          wasSuspended = item.type === 'suspended';
        }
      }
      if (!wasSuspended) return undefined;
      place = undefined;
      turn = await this.turns.find(caller, started.threadId, started.id);
      if (turn?.status !== 'waiting') continue;
      const inputs = await this.inputs.openOf(caller, turn.id);
      if (inputs.length > 0) return { turn, inputs };
    }
    return undefined;
  }

  /** All messages of the turn, as this reader may see them, in order. */
  messages(caller: Caller, turnId: string): Promise<readonly Message[]> {
    return this.store.ofTurn(caller, turnId);
  }

  /**
   * Reads both from the events, as this reader may see them, except for a turn that failed or is not stored completely
   * any more.
   */
  private async exchange(caller: Caller, turnId: string, told: FoldedTurn) {
    const { userMessage: asked, answer } = told;
    if (asked !== undefined && answer !== undefined && [asked, answer].every(isPlaced))
      return { userMessage: asked, message: answer };
    const [userMessage, ...others] = await this.messages(caller, turnId);
    const message = others.findLast(({ role }) => role === 'assistant');
    if (message === undefined) return {};
    const [shown = message] = await this.citations.of(caller, [message]);
    return { userMessage, message: shown };
  }
}

/** Events of a former release do not say where the message's turn stands in the thread's tree. */
function isPlaced(message: Message): boolean {
  return 'siblings' in message;
}

/** The answer is complete in its message, so its pieces need not be parsed. */
function addMessages(turn: TurnFold, item: StreamItem): void {
  if (!('seq' in item) || isPiece(item.type)) return;
  const event = eventOf(item);
  if (event !== undefined) turn.add(event);
}
