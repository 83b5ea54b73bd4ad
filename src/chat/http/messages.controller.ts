import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { found, IdParam } from '../../platform/http/index.js';
import { ListMessages } from '../app/list-messages.js';
import { messagesResponse, messagesQuery, postMessageBody, turnOutcomeResponse } from './chat-schemas.js';
import { messagePosition, messagesPage } from './present.js';
import { IdempotencyKey, RawResponse } from './request-parts.js';
import { ThreadStreams } from './thread-streams.js';

@ApiTags('messages')
@Controller('chat/threads/:id/messages')
export class MessagesController {
  constructor(
    private readonly listMessages: ListMessages,
    private readonly streams: ThreadStreams,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List a thread’s messages', operationId: 'listMessages' })
  @ApiOkResponse({ standardSchema: messagesResponse })
  async list(
    @CurrentUser() caller: Caller,
    @IdParam() id: string,
    @Query({ schema: messagesQuery }) { order, limit, cursor }: z.output<typeof messagesQuery>,
  ) {
    return messagesPage(
      found(await this.listMessages.list(caller, id, order, limit, messagePosition(cursor)), 'thread'),
    );
  }

  @Post()
  @ApiOperation({ summary: 'Post a message and wait for its whole answer', operationId: 'postMessage' })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key and body: the same turn.',
  })
  @ApiCreatedResponse({ standardSchema: turnOutcomeResponse })
  post(
    @CurrentUser() caller: Caller,
    @IdParam() threadId: string,
    @Body({ schema: postMessageBody }) body: z.output<typeof postMessageBody>,
    @IdempotencyKey() key: string | undefined,
    @RawResponse() response: ServerResponse,
  ) {
    return this.streams.answer({ caller, threadId, body, key, response });
  }
}
