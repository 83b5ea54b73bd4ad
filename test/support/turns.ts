import { newId, type Caller, type UnplacedMessage } from '../../src/kernel/index.js';
import type { PinnedWorkflow, TurnContext } from '../../src/turn/ports/turn-executor.js';
import type { Lease, NewTurn, TurnEnd } from '../../src/turn/ports/turn-store.js';
import { endOf } from '../../src/turn/app/turn-ending.js';

/** A turn as `StartTurn` would ask the store for. */
export function newTurn(caller: Caller, threadId: string, change: Partial<NewTurn> = {}): NewTurn {
  const turnId = newId();
  const userMessage: UnplacedMessage = {
    id: newId(),
    threadId,
    turnId,
    role: 'user',
    content: 'Hello',
    status: 'complete',
    provider: null,
    model: null,
    usage: null,
    citations: [],
    toolCalls: [],
    step: null,
    createdAt: new Date().toISOString(),
  };
  return {
    caller,
    turnId,
    userMessage,
    isRetry: false,
    acceptedAt: userMessage.createdAt,
    assistantMessageId: newId(),
    request: { content: 'Hello' },
    title: 'Hello',
    idempotency: undefined,
    savedEvent: JSON.stringify({ message: userMessage }).slice(0, -2),
    ...change,
  };
}

/** What {@link tellThread} pins a thread to. */
const CHAT: PinnedWorkflow = { name: 'chat', version: 1 };

/** The turn as it runs, in a thread that it is the first one of. */
export function contextOf(turn: NewTurn, workflow = CHAT): TurnContext {
  const { turnId, userMessage, assistantMessageId, acceptedAt, caller, request } = turn;
  const ids = { turnId, threadId: userMessage.threadId, userMessageId: userMessage.id, assistantMessageId };
  const siblings = { index: 0, count: 1, turnIds: [turnId] };
  return { ...ids, parentTurnId: null, siblings, workflow, acceptedAt, caller, request };
}

/** The end of a turn that did not complete, behind its first event. */
export function turnEnd(lease: Lease, outcome: 'cancelled' | 'interrupted' = 'cancelled'): TurnEnd {
  const { context, epoch, lastSeq: fromSeq } = lease;
  const { turnId, assistantMessageId: messageId, acceptedAt: createdAt } = context;
  const answer = { messageId, createdAt, isStored: false, content: 'so far', citations: [], openInputs: [] };
  const nobody = { provider: null, model: null, step: null, workflowRunId: null };
  const { events, ...rest } = endOf(context, { ...answer, ...nobody, outcome, error: null });
  const logged = events.map(({ type, data }, index) => ({
    seq: fromSeq + index + 1,
    turnId,
    type,
    data: JSON.stringify(data),
    at: new Date().toISOString(),
  }));
  return { context, epoch, fromSeq, events: logged, ...rest };
}

/** For an event log whose wake-ups nobody waits for. */
export const NO_LISTENER = { listen: () => Promise.resolve() };

/** For a store of turns, or a log, of which nobody is told. */
export const NO_NOTIFIER = {
  notify: () => undefined,
  notifyOf: () => undefined,
  sent: () => Promise.resolve(),
};

/** What a turn store is set to where nothing depends on it. Times are milliseconds. */
export const LEASES = { MAX_QUEUED_TURNS: 1_000_000, TURN_LEASE: 8_000, TURN_MAX_ATTEMPTS: 3 } as const;
