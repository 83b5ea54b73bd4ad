import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  ConcurrencyLimit,
  newId,
  userKey,
  type Caller,
  type Message,
  type TurnRequest,
  type UnplacedMessage,
} from '../../kernel/index.js';
import { ThreadFeeds } from '../../log/index.js';
import { titleFrom } from '../../thread/index.js';
import type { Turn } from '../core/turn.js';
import type { TurnContext } from '../ports/turn-executor.js';
import { TURN_STORE, type Acceptance, type NewTurn, type TurnStore } from '../ports/turn-store.js';
import { QueuedTurns } from './queued-turns.js';
import { DrainState } from './drain-state.js';
import { TurnCapacity } from './turn-capacity.js';
import { TurnRunner } from './turn-runner.js';

/** What to do with a message to a thread that is still answering another one. */
export type OnBusy = 'reject' | 'queue' | 'interrupt';

export interface TurnStart {
  readonly caller: Caller;
  readonly threadId: string;
  readonly request: TurnRequest;
  readonly idempotency: { readonly key: string; readonly hash: Buffer } | undefined;
  /** The turn to follow, `null` for none; the thread's head by default. */
  readonly after?: string | null | undefined;
  /** The stored message to answer again, when an earlier turn failed to. */
  readonly retried?: Message | undefined;
  /** `reject` by default. */
  readonly onBusy?: OnBusy | undefined;
}

export interface StartedTurn {
  readonly turn: Turn;
  /** The sequence of the turn's first event in its thread's log; for a queued turn, the lowest it can have. */
  readonly firstSeq: number;
}

/** A turn before what only the store knows of it. */
type AskedTurn = Omit<TurnContext, 'parentTurnId' | 'siblings' | 'workflow'>;

/**
 * UTF-16 code units from which storing a message occupies a connection noticeably, and how many such messages of one
 * user are stored at once.
 */
const LONG_MESSAGE = 50_000;
const LONG_AT_ONCE = 3;

/** Stores a message and starts the turn that answers it. */
@Injectable()
export class StartTurn {
  private readonly longMessages = new ConcurrencyLimit({ slotsPerOwner: LONG_AT_ONCE });

  constructor(
    @Inject(TURN_STORE) private readonly store: TurnStore,
    private readonly runner: TurnRunner,
    private readonly queued: QueuedTurns,
    private readonly drainState: DrainState,
    private readonly capacity: TurnCapacity,
    private readonly feeds: ThreadFeeds,
  ) {}

  /**
   * Resolves when the message is stored; its turn runs here, or waits for a process with capacity. A repeated request
   * returns the turn of the first. Throws `NOT_FOUND`, `THREAD_BUSY`, `IDEMPOTENCY_CONFLICT`, `RATE_LIMITED`,
   * `SHUTTING_DOWN`, or `STATE_CONFLICT` where it would begin a branch behind too many others.
   */
  async start({
    caller,
    threadId,
    request,
    idempotency,
    after,
    retried,
    onBusy = 'reject',
  }: TurnStart): Promise<StartedTurn> {
    this.drainState.throwIfDraining();
    const context: AskedTurn = {
      turnId: newId(),
      threadId,
      userMessageId: retried?.id ?? newId(),
      assistantMessageId: newId(),
      acceptedAt: new Date().toISOString(),
      caller,
      request,
    };
    const asked = newTurn(context, idempotency, after, retried);
    let acceptance = await this.acceptOrQueue(asked, context);
    // The thread was busy, but the turn has ended in the meantime.
    for (let more = 2; acceptance.kind === 'busy' && acceptance.turnId === undefined && more > 0; more -= 1)
      acceptance = await this.acceptOrQueue(asked, context);
    if (acceptance.kind !== 'busy' || onBusy === 'reject') return startedOrThrow(acceptance);
    const queued = await this.storeWithinLimit(asked, () =>
      this.store.enqueue(asked, { holdsThread: false, interrupts: onBusy === 'interrupt' }),
    );
    // What it waits for may have ended by now; or it waits itself for a person, and nobody has it who could end it.
    if (queued.kind === 'queued') {
      if (onBusy === 'interrupt' && acceptance.turnId !== undefined)
        await this.queued.endExpired(acceptance.turnId);
      void this.queued.dispatch(context.turnId, context.caller);
    }
    return startedOrThrow(queued);
  }

  /** Accepts the turn if the thread is free: to run it here, or to queue it for a process with capacity. */
  private async acceptOrQueue(asked: NewTurn, context: AskedTurn): Promise<Acceptance> {
    if (!this.queued.hasCapacityFor(context.caller)) {
      const acceptance = await this.storeWithinLimit(asked, () =>
        this.store.enqueue(asked, { holdsThread: true, interrupts: false }),
      );
      if (acceptance.kind === 'queued') void this.queued.dispatch(context.turnId, context.caller);
      return acceptance;
    }
    const release = this.capacity.acquire(context.caller);
    let acceptance: Acceptance | undefined;
    try {
      acceptance = await this.storeWithinLimit(asked, () => this.store.accept(asked));
    } finally {
      if (acceptance?.kind !== 'accepted') release();
    }
    if (acceptance.kind !== 'accepted') return acceptance;
    const { turn, firstSeq, siblings, workflow, savedEvent, along } = acceptance;
    const { turnId, acceptedAt } = asked;
    const saved = { seq: firstSeq, turnId, type: 'message_saved', data: savedEvent, at: acceptedAt } as const;
    this.feeds.publish(context.threadId, [saved]);
    const known = { ...context, parentTurnId: turn.parentTurnId, siblings, workflow };
    this.runner.start({ context: known, epoch: 1, lastSeq: firstSeq, along }, undefined, release);
    return acceptance;
  }

  private storeWithinLimit(
    { request, caller }: NewTurn,
    store: () => Promise<Acceptance>,
  ): Promise<Acceptance> {
    if (request.content.length < LONG_MESSAGE) return store();
    return this.longMessages.run(userKey(caller), store);
  }
}

function newTurn(
  context: AskedTurn,
  idempotency: TurnStart['idempotency'],
  after: TurnStart['after'],
  retried?: Message,
): NewTurn {
  const userMessage: UnplacedMessage = retried ?? {
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
    after,
    isRetry: retried !== undefined,
    acceptedAt: context.acceptedAt,
    assistantMessageId: context.assistantMessageId,
    request: context.request,
    title: titleFrom(context.request.content),
    idempotency,
    savedEvent: retried === undefined ? openEvent(userMessage) : JSON.stringify({ message: retried }),
  };
}

/** The text of `message_saved` up to the place of its turn in the thread's tree, which the store adds. */
function openEvent(message: UnplacedMessage): string {
  return JSON.stringify({ message }).slice(0, -'}}'.length);
}

function startedOrThrow(acceptance: Acceptance): StartedTurn {
  switch (acceptance.kind) {
    case 'accepted':
    case 'queued':
    case 'repeated':
      return acceptance;
    case 'not_found':
      throw new AppError('NOT_FOUND', `There is no such ${acceptance.what}.`);
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
