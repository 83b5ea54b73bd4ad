import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { PostMessage, StartThread } from '../../chat/index.js';
import type { Caller } from '../../kernel/index.js';
import { threadIdFrom } from '../body-parts.js';
import { StreamingModel } from '../streaming-model.js';
import type { MessageBody, messageResponse } from './post-then-follow-schemas.js';

/** Stores a message, in a new thread if it names none, and starts its turn. */
@Injectable()
export class StartMessage {
  constructor(
    private readonly streamingModel: StreamingModel,
    private readonly startThread: StartThread,
    private readonly postMessage: PostMessage,
  ) {}

  /** Throws errors before anything is stored: an unknown provider or thread, … */
  async start(caller: Caller, body: MessageBody): Promise<z.output<typeof messageResponse>> {
    const { content, provider, model, conversation_id } = body;
    const asked = this.streamingModel.of(caller, body);
    const message = { content, provider, model };
    const { turn } =
      conversation_id === undefined
        ? await this.startThread.start(caller, message)
        : await this.postMessage.post(caller, threadIdFrom(conversation_id), message, undefined);
    return { message_id: turn.userMessageId, conversation_id: turn.threadId, ...asked };
  }
}
