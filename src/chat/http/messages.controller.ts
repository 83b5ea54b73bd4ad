import { Body, Controller, Get, Post, Query, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { found, IdParam } from '../../platform/http/index.js';
import { ListMessages } from '../app/list-messages.js';
import { messagesResponse, messagesQuery, postMessageBody, turnOutcomeResponse } from './chat-schemas.js';
import { waitingTurnResponse } from './input-schemas.js';
import { messagePosition, messagesPage } from './present.js';
import { IdempotencyKey, RawResponse } from './request-parts.js';
import { ThreadStreams } from './thread-streams.js';

/** The part of a Fastify reply that is used here. */
interface Reply {
  status(code: number): unknown;
}

@ApiTags('messages')
@Controller('chat/threads/:id/messages')
export class MessagesController {
  constructor(
    private readonly listMessages: ListMessages,
    private readonly streams: ThreadStreams,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the messages of a thread’s branch', operationId: 'listMessages' })
  @ApiOkResponse({ standardSchema: messagesResponse })
  async list(
    @CurrentUser() caller: Caller,
    @IdParam() id: string,
    @Query({ schema: messagesQuery }) { order, limit, cursor, branch }: z.output<typeof messagesQuery>,
  ) {
    const after = messagePosition(cursor, branch);
    const page = await this.listMessages.list(caller, id, order, limit, after, branch);
    return messagesPage(found(page, branch === undefined ? 'thread' : 'branch'), branch);
  }

  @Post()
  @ApiOperation({ summary: 'Post a message and wait for its whole answer', operationId: 'postMessage' })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key and body: the same turn.',
  })
  @ApiCreatedResponse({ standardSchema: turnOutcomeResponse })
  @ApiAcceptedResponse({
    description: 'The turn waits for a person before it can go on.',
    standardSchema: waitingTurnResponse,
  })
  async post(
    @CurrentUser() caller: Caller,
    @IdParam() threadId: string,
    @Body({ schema: postMessageBody }) body: z.output<typeof postMessageBody>,
    @IdempotencyKey() key: string | undefined,
    @RawResponse() response: ServerResponse,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    const result = await this.streams.answer({ caller, threadId, body, key, response });
    if (!('inputs' in result)) return result;
    reply.status(202);
    const { turn, inputs, userMessage } = result;
    return { turn, inputs, userMessage };
  }
}
