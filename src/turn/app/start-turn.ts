import { Inject, Injectable } from '@nestjs/common';
import { AppError, newId, type Caller, type Message } from '../../kernel/index.js';
import type { LoggedEvent } from '../core/logged-event.js';
import { PROCESS_ID } from '../core/process-id.js';
import { titleFrom, type Turn } from '../core/turn.js';
import type { TurnContext, TurnRequest } from '../ports/turn-executor.js';
import { TURN_STORE, type Acceptance, type NewTurn, type TurnStore } from '../ports/turn-store.js';
import { StatelessTurns } from './stateless-turns.js';
import { ThreadFeeds } from './thread-feeds.js';
import { TurnRunner } from './turn-runner.js';

export interface TurnStart {
  readonly caller: Caller;
  readonly threadId: string;
  readonly request: TurnRequest;
  readonly idempotency: { readonly key: string; readonly hash: Buffer } | undefined;
  /** The message as it is in the thread already, when an earlier turn failed to answer it. */
  readonly again?: Message | undefined;
}

export interface StartedTurn {
  readonly turn: Turn;
  /** The sequence of the turn's first event in its thread's log. */
  readonly firstSeq: number;
}

/** Stores a message and starts the turn that answers it. */
@Injectable()
export class StartTurn {
  constructor(
    @Inject(TURN_STORE) private readonly store: TurnStore,
    private readonly runner: TurnRunner,
    private readonly stateless: StatelessTurns,
    private readonly feeds: ThreadFeeds,
  ) {}

  /**
   * Resolves when the message is in the database. A request that was made before answers with its turn.
   * Throws `NOT_FOUND`, `THREAD_BUSY`, `IDEMPOTENCY_CONFLICT`, `RATE_LIMITED` or `SHUTTING_DOWN`.
   */
  async start({ caller, threadId, request, idempotency, again }: TurnStart): Promise<StartedTurn> {
    this.stateless.checkRoom();
    const context: TurnContext = {
      turnId: newId(),
      threadId,
      userMessageId: again?.id ?? newId(),
      assistantMessageId: newId(),
      acceptedAt: new Date().toISOString(),
      caller,
      request,
    };
    const asked = newTurn(context, idempotency, again);
    const acceptance = await this.store.accept(asked);
    const { turn, firstSeq } = settled(acceptance);
    if (acceptance.kind === 'accepted') {
      this.feeds.publish(threadId, [savedEvent(asked, firstSeq)]);
      this.runner.start({ context, epoch: 1, lastSeq: firstSeq });
    }
    return { turn, firstSeq };
  }
}

function newTurn(context: TurnContext, idempotency: TurnStart['idempotency'], again?: Message): NewTurn {
  const userMessage: Message = again ?? {
    id: context.userMessageId,
    threadId: context.threadId,
    turnId: context.turnId,
    role: 'user',
    content: context.request.content,
    status: 'complete',
    provider: null,
    model: null,
    usage: null,
    citations: [],
    toolCalls: [],
    step: null,
    createdAt: context.acceptedAt,
  };
  return {
    caller: context.caller,
    turnId: context.turnId,
    userMessage,
    isAskedAgain: again !== undefined,
    acceptedAt: context.acceptedAt,
    assistantMessageId: context.assistantMessageId,
    request: context.request,
    title: titleFrom(context.request.content),
    idempotency,
    savedEvent: JSON.stringify({ message: userMessage }),
    owner: PROCESS_ID,
  };
}

/** What accepting has written, for the watchers of this process. */
function savedEvent({ turnId, savedEvent: data, acceptedAt }: NewTurn, seq: number): LoggedEvent {
  return { seq, turnId, type: 'message_saved', data, at: acceptedAt };
}

function settled(acceptance: Acceptance): StartedTurn {
  switch (acceptance.kind) {
    case 'accepted':
    case 'repeated':
      return acceptance;
    case 'not_found':
      throw new AppError('NOT_FOUND', 'There is no such thread.');
    case 'busy':
      throw new AppError(
        'THREAD_BUSY',
        'The thread is still answering. Wait for that turn, or cancel it first.',
        {
          details: { turnId: acceptance.turnId },
        },
      );
    case 'conflict':
      throw new AppError(
        'IDEMPOTENCY_CONFLICT',
        'This Idempotency-Key was used with another request. Take a new one.',
      );
  }
}
