import {
  newId,
  timeOfId,
  type Basis,
  type FoldedTurn,
  type ProviderMetadata,
  type ToolResult,
  type TurnEvent,
} from '../../kernel/index.js';
import type { TurnWriter } from '../../log/index.js';
import type { AnswerEnd, Lease, MessageBegun } from '../ports/turn-store.js';
import { answerComplete, type AnswerResult } from './turn-ending.js';
import type { TurnStorage } from './turn-storage.js';

/** The message of a turn that is being said, or was said last. */
export interface CurrentMessage {
  readonly id: string;
  /** ISO 8601 UTC with milliseconds. */
  readonly createdAt: string;
  /** It is stored as a whole: what is said from here on is another message. */
  readonly isComplete: boolean;
}

/** Stores the messages of a turn that has several, one after the other, behind whatever of it waits for the log. */
export class TurnMessages {
  private message: CurrentMessage;

  constructor(
    private readonly lease: Pick<Lease, 'context' | 'epoch'>,
    private readonly writer: TurnWriter,
    private readonly storage: Pick<TurnStorage, 'along'>,
    /** What the turn has told before, when it goes on. */
    told?: FoldedTurn,
  ) {
    const { assistantMessageId: id, acceptedAt } = lease.context;
    const [first = id] = told?.messages.keys() ?? [];
    // The first one is as old as the question; those that follow were begun when their ids were made.
    this.message = {
      id,
      createdAt: id === first ? acceptedAt : timeOfId(id),
      isComplete: told?.messages.get(id)?.end !== undefined,
    };
  }

  get current(): CurrentMessage {
    return this.message;
  }

  /**
   * The message is complete, and these events say what follows from it. Throws `LeaseLostError` where the turn has passed
   * to another process.
   */
  async end(
    message: AnswerEnd['message'],
    basis: Basis | undefined,
    result: AnswerResult,
    more: readonly TurnEvent[] = [],
    metadata?: ProviderMetadata,
  ): Promise<void> {
    const { id } = this.message;
    const events = [answerComplete(id, message.content, result), ...more];
    await this.storage.along(this.lease, this.writer, events, (store, along) =>
      store.endMessage({ ...along, messageId: id, message, basis, metadata }),
    );
    this.message = { ...this.message, isComplete: true };
  }

  /** Another answer begins. */
  async begin(): Promise<void> {
    const id = newId();
    const createdAt = timeOfId(id);
    await this.store([], {
      id,
      createdAt,
      role: 'assistant',
      content: '',
      status: 'streaming',
      toolCallId: null,
    });
    this.message = { id, createdAt, isComplete: false };
    this.writer.messageId = id;
  }

  /** What came of a call is a message of its own, stored with the event that says so. */
  async result(event: ToolResult, content: string): Promise<void> {
    const { callId: toolCallId, parts } = event.data;
    const id = newId();
    const createdAt = timeOfId(id);
    const result = { role: 'tool', content, status: 'complete', toolCallId } as const;
    await this.store([event], { id, createdAt, ...result, ...(parts !== undefined && { parts }) });
  }

  private store(events: readonly TurnEvent[], message: MessageBegun['message']): Promise<void> {
    const besideId = this.message.id;
    return this.storage.along(this.lease, this.writer, events, (store, along) =>
      store.beginMessage({ ...along, besideId, message }),
    );
  }
}
