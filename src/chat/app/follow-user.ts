import { Inject, Injectable } from '@nestjs/common';
import { assertNever, clearanceLevel, type Caller } from '../../kernel/index.js';
import { THREAD_STORE, type ThreadStore } from '../../thread/index.js';
import {
  INPUT_STORE,
  TURN_STORE,
  withheldInput,
  type Input,
  type InputStore,
  type TurnStore,
} from '../../turn/index.js';
import {
  USER_SIGNALS,
  type ClosedInputSignal,
  type UserSignal,
  type UserSignals,
} from '../ports/user-signals.js';
import { SignalInbox } from './signal-inbox.js';
import type { UserEvent, UserEventItem } from './user-event.js';

/** What a user follows until it is closed. */
export interface FollowedUser {
  readonly events: (signal: AbortSignal) => AsyncGenerator<readonly UserEventItem[], void>;
  readonly close: () => void;
}

/** Follows everything of a user's, whichever process it happens in. */
@Injectable()
export class FollowUser {
  constructor(
    @Inject(USER_SIGNALS) private readonly signals: UserSignals,
    @Inject(THREAD_STORE) private readonly threads: Pick<ThreadStore, 'find'>,
    @Inject(TURN_STORE) private readonly turns: Pick<TurnStore, 'find'>,
    @Inject(INPUT_STORE) private readonly inputs: Pick<InputStore, 'find'>,
  ) {}

  /**
   * From when it resolves nothing is missed but what the stream tells of with another `connected`. What an event shows is read
   * when its reader comes to it, as the caller may see it; what is gone by then is passed over, but for a closed input.
   */
  async open(caller: Caller): Promise<FollowedUser> {
    const inbox = new SignalInbox();
    const close = await this.signals.follow(caller, inbox.take);
    return { close, events: (signal) => this.events(caller, inbox, signal) };
  }

  private async *events(
    caller: Caller,
    inbox: SignalInbox,
    signal: AbortSignal,
  ): AsyncGenerator<readonly UserEventItem[], void> {
    yield [now({ type: 'connected', data: {} })];
    for (;;) {
      const next = await inbox.next(signal);
      if (next === undefined) return;
      const event: UserEvent | undefined =
        next === 'lost' ? { type: 'connected', data: {} } : await this.read(caller, next);
      if (event !== undefined) yield [now(event)];
    }
  }

  private async read(caller: Caller, signal: UserSignal): Promise<UserEvent | undefined> {
    switch (signal.kind) {
      case 'thread_created':
      case 'thread_updated': {
        const thread = await this.threads.find(caller, signal.id);
        return thread && { type: signal.kind, data: { thread } };
      }
      case 'thread_deleted':
        return { type: signal.kind, data: { thread: signal.thread } };
      case 'turn_started':
      case 'turn_waiting':
      case 'turn_ended': {
        const turn = await this.turns.find(caller, signal.threadId, signal.id);
        return turn && { type: signal.kind, data: { threadId: turn.threadId, turn } };
      }
      case 'input_opened':
      case 'input_closed': {
        const found = await this.inputs.find(caller, signal.id);
        // Its thread may be gone, and was there for whom the signal is.
        const input = found ?? (signal.kind === 'input_closed' ? asItWas(caller, signal) : undefined);
        return input && { type: signal.kind, data: { input } };
      }
      default:
        return assertNever(signal);
    }
  }
}

/** What is not known to be below the reader's clearance is withheld. */
function asItWas(
  { clearance }: Pick<Caller, 'clearance'>,
  { input, level = Infinity }: ClosedInputSignal,
): Input | undefined {
  return input && level > clearanceLevel(clearance) ? withheldInput(input) : input;
}

function now(event: UserEvent): UserEventItem {
  return { ...event, at: new Date().toISOString() };
}
