import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { jsonOrStream, type Reply } from '../exchange.js';
import { AnswerOneShot } from './answer-one-shot.js';
import { oneShotResponse, oneShotBody, oneShotFrame, type OneShotBody } from './one-shot-schemas.js';

/** Answers one message. */
@ApiTags('chat')
@Controller('chat')
export class OneShotController {
  constructor(private readonly answerOneShot: AnswerOneShot) {}

  @Post()
  @ApiOperation({
    summary: 'Ask for the answer to one message',
    operationId: 'chat',
    description:
      'With `stream`, the answer comes as server-sent events without names, whose last one is `[DONE]`; without a ' +
      'thread nothing of it is kept, and a client that goes ends it. Several messages of a turn are one text, with blank ' +
      'lines between them, and so is what a turn that waits for a person asks.',
  })
  @ApiOkResponse({
    description: 'The answer, or server-sent events with this JSON, or `[DONE]`, in each `data:` line.',
    content: jsonOrStream(oneShotResponse, oneShotFrame),
  })
  post(
    @CurrentUser() caller: Caller,
    @Body({ schema: oneShotBody }) body: OneShotBody,
    @Res() reply: Reply,
  ): Promise<void> {
    return this.answerOneShot.answer({ caller, reply }, body);
  }
}
