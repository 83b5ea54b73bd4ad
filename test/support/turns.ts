import { newId, type Caller, type Message } from '../../src/kernel/index.js';
import type { NewTurn } from '../../src/turn/ports/turn-store.js';

/** A turn as `StartTurn` would ask the store for. */
export function newTurn(caller: Caller, threadId: string, change: Partial<NewTurn> = {}): NewTurn {
  const turnId = newId();
  const userMessage: Message = {
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
    savedEvent: JSON.stringify({ message: userMessage }),
    ...change,
  };
}

/** For an event log whose wake-ups nobody waits for. */
export const NO_LISTENER = { listen: () => Promise.resolve() };

/** What a turn store is set to where nothing depends on it. Times are milliseconds. */
export const LEASES = { MAX_QUEUED_TURNS: 1_000_000, TURN_LEASE: 8_000, TURN_MAX_ATTEMPTS: 3 } as const;
