import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { AppError, type AnswerOptions, type Caller, type TurnRequest } from '../../kernel/index.js';
import { MESSAGE_STORE, type MessageStore } from '../../thread/index.js';
import { StartTurn, TURN_STORE, type OnBusy, type StartedTurn, type TurnStore } from '../../turn/index.js';
import { WorkflowEngine } from '../../workflow/index.js';

/** How to answer a message, and what to do when its thread is busy or its client disconnects. */
export interface PostOptions extends AnswerOptions {
  readonly onBusy?: OnBusy | undefined;
  readonly onDisconnect?: 'continue' | 'cancel' | undefined;
}

/** A message as it is posted to a thread: a text, or a turn whose user message is asked once more. */
export interface PostedMessage extends Pick<
  TurnRequest,
  'provider' | 'model' | 'resources' | 'prompts' | 'input'
> {
  readonly content?: string | undefined;
  /** The turn to follow, `null` for none; the thread's head by default. */
  readonly after?: string | null | undefined;
  /** Takes the place of `content` and `after`: the new turn becomes a sibling of this one. */
  readonly regenerate?: string | undefined;
  readonly options?: PostOptions | undefined;
}

/** Stores a user's message and starts the turn that answers it. */
@Injectable()
export class PostMessage {
  constructor(
    private readonly startTurn: StartTurn,
    private readonly engine: WorkflowEngine,
    @Inject(TURN_STORE) private readonly turns: TurnStore,
    @Inject(MESSAGE_STORE) private readonly messages: MessageStore,
  ) {}

  /**
   * Resolves when the message is stored. The same key with the same message returns the turn of the first request.
   * Throws errors that a client should receive before anything is streamed: `UNKNOWN_PROVIDER`, `UNKNOWN_TOOL`,
   * `NOT_FOUND`, `THREAD_BUSY`, …
   */
  async post(
    caller: Caller,
    threadId: string,
    message: PostedMessage,
    idempotencyKey: string | undefined,
  ): Promise<StartedTurn> {
    const { provider, model, resources, prompts, input, options = {} } = message;
    this.engine.checkModel(caller, { provider, model });
    await this.engine.checkTools(caller, options.tools);
    const { onBusy, onDisconnect: _whoeverListens, ...wishes } = options;
    const { content, after } = await this.asked(caller, threadId, message);
    const given = input === undefined ? {} : { input };
    const attached = { ...(resources && { resources }), ...(prompts && { prompts }), ...given };
    const request: TurnRequest = { content, provider, model, ...attached, ...wishes };
    return this.startTurn.start({
      caller,
      threadId,
      request,
      after,
      onBusy,
      idempotency:
        idempotencyKey === undefined ? undefined : { key: idempotencyKey, hash: hashOf(threadId, message) },
    });
  }

  /** The text to answer, and the turn to follow. */
  private async asked(
    caller: Caller,
    threadId: string,
    { content, after, regenerate }: PostedMessage,
  ): Promise<{ readonly content: string; readonly after: string | null | undefined }> {
    if (regenerate === undefined) {
      if (content === undefined) throw new AppError('VALIDATION_FAILED', 'A message needs content.');
      return { content, after };
    }
    const turn = await this.turns.find(caller, threadId, regenerate);
    const messages = turn === undefined ? [] : await this.messages.ofTurn(caller, turn.id);
    const message = messages.find(({ id }) => id === turn?.userMessageId);
    if (turn === undefined || message === undefined) {
      throw new AppError('NOT_FOUND', 'There is no such turn.');
    }
    return { content: message.content, after: turn.parentTurnId };
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
