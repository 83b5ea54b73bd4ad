import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  ConcurrencyLimit,
  newId,
  userKey,
  type Caller,
  type Message,
  type TurnRequest,
} from '../../kernel/index.js';
import { ThreadFeeds, type LoggedEvent } from '../../log/index.js';
import { titleFrom } from '../../thread/index.js';
import type { Turn } from '../core/turn.js';
import type { TurnContext } from '../ports/turn-executor.js';
import { TURN_STORE, type Acceptance, type NewTurn, type TurnStore } from '../ports/turn-store.js';
import { QueuedTurns } from './queued-turns.js';
import { TurnGate } from './turn-gate.js';
import { TurnCapacity } from './turn-capacity.js';
import { TurnRunner } from './turn-runner.js';

/** What becomes of a message to a thread that is still answering another. */
export type OnBusy = 'reject' | 'queue' | 'interrupt';

export interface TurnStart {
  readonly caller: Caller;
  readonly threadId: string;
  readonly request: TurnRequest;
  readonly idempotency: { readonly key: string; readonly hash: Buffer } | undefined;
  /** The message as it is in the thread already, when an earlier turn failed to answer it. */
  readonly again?: Message | undefined;
  /** `reject` unless it says otherwise. */
  readonly onBusy?: OnBusy | undefined;
}

export interface StartedTurn {
  readonly turn: Turn;
  /** The sequence of the turn's first event in its thread's log; of a turn that waits, the earliest it may have. */
  readonly firstSeq: number;
}

/** UTF-16 code units of a message that takes a connection for some time, and how many of one user are stored at once. */
const LONG_MESSAGE = 50_000;
const LONG_AT_ONCE = 3;

/** Stores a message and starts the turn that answers it. */
@Injectable()
export class StartTurn {
  private readonly longOnes = new ConcurrencyLimit({ placesPerOwner: LONG_AT_ONCE });

  constructor(
    @Inject(TURN_STORE) private readonly store: TurnStore,
    private readonly runner: TurnRunner,
    private readonly queued: QueuedTurns,
    private readonly gate: TurnGate,
    private readonly capacity: TurnCapacity,
    private readonly feeds: ThreadFeeds,
  ) {}

  /**
   * Resolves when the message is in the database; its turn runs here, or waits for a process with room. A request that
   * was made before answers with its turn. Throws `NOT_FOUND`, `THREAD_BUSY`, `IDEMPOTENCY_CONFLICT`, `RATE_LIMITED` or
   * `SHUTTING_DOWN`.
   */
  async start({
    caller,
    threadId,
    request,
    idempotency,
    again,
    onBusy = 'reject',
  }: TurnStart): Promise<StartedTurn> {
    this.gate.check();
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
    let acceptance = await this.take(asked, context);
    // What kept the thread busy has ended in the same moment.
    for (let more = 2; acceptance.kind === 'busy' && acceptance.turnId === undefined && more > 0; more -= 1)
      acceptance = await this.take(asked, context);
    if (acceptance.kind !== 'busy' || onBusy === 'reject') return settled(acceptance);
    const queued = await this.inTurn(asked, () =>
      this.store.enqueue(asked, { holdsThread: false, interrupts: onBusy === 'interrupt' }),
    );
    // What it waits for may have ended by now; or it waits itself for a person, and nobody has it who could end it.
    if (queued.kind === 'queued') {
      if (onBusy === 'interrupt' && acceptance.turnId !== undefined)
        await this.queued.endExpired(acceptance.turnId);
      void this.queued.bring(context.turnId, context.caller);
    }
    return settled(queued);
  }

  /** Takes the thread, if it is free: to run the turn here, or to wait for a process that can. */
  private async take(asked: NewTurn, context: TurnContext): Promise<Acceptance> {
    if (!this.queued.hasCapacityFor(context.caller)) {
      const acceptance = await this.inTurn(asked, () =>
        this.store.enqueue(asked, { holdsThread: true, interrupts: false }),
      );
      if (acceptance.kind === 'queued') void this.queued.bring(context.turnId, context.caller);
      return acceptance;
    }
    const leave = this.capacity.take(context.caller);
    let acceptance: Acceptance | undefined;
    try {
      acceptance = await this.inTurn(asked, () => this.store.accept(asked));
    } finally {
      if (acceptance?.kind !== 'accepted') leave();
    }
    if (acceptance.kind !== 'accepted') return acceptance;
    this.feeds.publish(context.threadId, [savedEvent(asked, acceptance.firstSeq)]);
    this.runner.start({ context, epoch: 1, lastSeq: acceptance.firstSeq }, undefined, leave);
    return acceptance;
  }

  private inTurn({ request, caller }: NewTurn, store: () => Promise<Acceptance>): Promise<Acceptance> {
    if (request.content.length < LONG_MESSAGE) return store();
    return this.longOnes.run(userKey(caller), store);
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
  };
}

/** What accepting has written, for the watchers of this process. */
function savedEvent({ turnId, savedEvent: data, acceptedAt }: NewTurn, seq: number): LoggedEvent {
  return { seq, turnId, type: 'message_saved', data, at: acceptedAt };
}

function settled(acceptance: Acceptance): StartedTurn {
  switch (acceptance.kind) {
    case 'accepted':
    case 'queued':
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
    case 'full':
      throw new AppError('RATE_LIMITED', 'Too many messages are waiting. Try again shortly.', {
        retryAfter: 2,
        details: { limit: acceptance.limit },
      });
    case 'conflict':
      throw new AppError(
        'IDEMPOTENCY_CONFLICT',
        'This Idempotency-Key was used with another request. Take a new one.',
      );
  }
}
