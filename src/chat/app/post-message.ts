import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { AnswerOptions, Caller, TurnRequest } from '../../kernel/index.js';
import { StartTurn, type OnBusy, type StartedTurn } from '../../turn/index.js';
import { WorkflowEngine } from '../../workflow/index.js';

/** How to answer a message, and what to do when its thread is busy or its client disconnects. */
export interface PostOptions extends AnswerOptions {
  readonly onBusy?: OnBusy | undefined;
  readonly onDisconnect?: 'continue' | 'cancel' | undefined;
}

/** A message as it is posted to a thread. */
export interface PostedMessage extends Pick<TurnRequest, 'content' | 'provider' | 'model'> {
  readonly options?: PostOptions | undefined;
}

/** Stores a user's message and starts the turn that answers it. */
@Injectable()
export class PostMessage {
  constructor(
    private readonly startTurn: StartTurn,
    private readonly engine: WorkflowEngine,
  ) {}

  /**
   * Resolves when the message is stored. The same key with the same message returns the turn of the first request.
   * Throws errors that a client should receive before anything is streamed: `UNKNOWN_PROVIDER`, `NOT_FOUND`,
   * `THREAD_BUSY`, …
   */
  post(
    caller: Caller,
    threadId: string,
    message: PostedMessage,
    idempotencyKey: string | undefined,
  ): Promise<StartedTurn> {
    const { content, provider, model, options = {} } = message;
    this.engine.checkModel(caller, { provider, model });
    const { onBusy, onDisconnect: _whoeverListens, ...wishes } = options;
    const request: TurnRequest = { content, provider, model, ...wishes };
    return this.startTurn.start({
      caller,
      threadId,
      request,
      onBusy,
      idempotency:
        idempotencyKey === undefined ? undefined : { key: idempotencyKey, hash: hashOf(threadId, message) },
    });
  }
}

/** Equal for equal messages, whatever the order of their fields. */
function hashOf(threadId: string, message: PostedMessage): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([threadId, sorted(message)]))
    .digest();
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  return Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
}
