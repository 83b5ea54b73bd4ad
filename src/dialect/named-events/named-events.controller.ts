import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import type { Reply } from '../exchange.js';
import { StreamConversation } from './stream-conversation.js';
import { conversationBody, conversationFrame, type ConversationBody } from './named-events-schemas.js';

/** Accepts a whole conversation in every request. */
@ApiTags('chat')
@Controller('api/stream')
export class NamedEventsController {
  constructor(private readonly streamConversation: StreamConversation) {}

  @Post()
  @ApiOperation({
    summary: 'Stream the answer to a conversation',
    operationId: 'streamConversation',
    description:
      'With a `chatId`, the last message and its answer are kept in that thread, and the same message sent again gets ' +
      'the same answer. Without a `provider`, `ollama` is asked where it is configured. Where a turn of the thread says ' +
      'several messages, or asks a person something, they come as one text; all frames of a stream have one `messageId`.',
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    description:
      'Server-sent events named message-start, message-chunk, message-complete and error. The schema is that of the ' +
      'JSON in each `data:` line.',
    standardSchema: conversationFrame,
  })
  post(
    @CurrentUser() caller: Caller,
    @Body({ schema: conversationBody }) body: ConversationBody,
    @Res() reply: Reply,
  ): Promise<void> {
    return this.streamConversation.stream({ caller, reply }, body);
  }
}
