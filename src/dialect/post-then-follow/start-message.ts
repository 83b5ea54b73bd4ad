import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import {
  CreateThread,
  PostMessage,
  THREAD_STORE,
  type PostedMessage,
  type ThreadStore,
} from '../../chat/index.js';
import type { Caller } from '../../kernel/index.js';
import { StatelessTurns, type StartedTurn } from '../../turn/index.js';
import { threadIdFrom } from '../body-parts.js';
import { StreamingModel } from '../streaming-model.js';
import type { MessageBody, messageAnswer } from './post-then-follow-schemas.js';

/** Stores a message, in a thread of its own if it names none, and starts its turn. */
@Injectable()
export class StartMessage {
  constructor(
    private readonly streamingModel: StreamingModel,
    private readonly turns: StatelessTurns,
    private readonly createThread: CreateThread,
    private readonly postMessage: PostMessage,
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
  ) {}

  /** Throws what is wrong before anything is stored: a bad provider, a thread that is not there, … */
  async start(caller: Caller, body: MessageBody): Promise<z.output<typeof messageAnswer>> {
    const { content, provider, model, conversation_id } = body;
    const asked = this.streamingModel.of(caller, body);
    const message = { content, provider, model };
    const { turn } =
      conversation_id === undefined
        ? await this.inNewThread(caller, message)
        : await this.postMessage.post(caller, threadIdFrom(conversation_id), message, undefined);
    return { message_id: turn.userMessageId, conversation_id: turn.threadId, ...asked };
  }

  private async inNewThread(caller: Caller, message: PostedMessage): Promise<StartedTurn> {
    this.turns.checkRoom();
    const { id } = await this.createThread.create(caller, {});
    try {
      return await this.postMessage.post(caller, id, message, undefined);
    } catch (error) {
      // Nobody was told of the thread, so nobody would ever take it away.
      await this.threads.remove(caller, id).catch(() => undefined);
      throw error;
    }
  }
}
