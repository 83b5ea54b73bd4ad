import { Body, Controller, Get, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { IdParam } from '../../platform/http/index.js';
import type { Reply } from '../exchange.js';
import { FollowMessage } from './follow-message.js';
import { messageResponse, messageBody, messageFrame, type MessageBody } from './post-then-follow-schemas.js';
import { StartMessage } from './start-message.js';

/** Accepts a message, and streams its answer from a second address. */
@ApiTags('chat')
@Controller('api')
export class PostThenFollowController {
  constructor(
    private readonly startMessage: StartMessage,
    private readonly followMessage: FollowMessage,
  ) {}

  @Post('messages')
  @ApiOperation({ summary: 'Store a message and start its answer', operationId: 'startMessage' })
  @ApiCreatedResponse({ standardSchema: messageResponse })
  start(@CurrentUser() caller: Caller, @Body({ schema: messageBody }) body: MessageBody) {
    return this.startMessage.start(caller, body);
  }

  @Get('chat/stream/:message_id')
  @ApiOperation({
    summary: 'Stream the answer to a message',
    operationId: 'followMessage',
    description:
      'From its start, whether it is being said or was said before; the model is not asked again. ' +
      'Several messages of a turn are one text, with blank lines between them, and so is what a turn that waits asks.',
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    description: 'Server-sent events. The schema is that of the JSON in each `data:` line.',
    standardSchema: messageFrame,
  })
  follow(
    @CurrentUser() caller: Caller,
    @IdParam('message_id') messageId: string,
    @Res() reply: Reply,
  ): Promise<void> {
    return this.followMessage.follow({ caller, reply }, messageId);
  }
}
