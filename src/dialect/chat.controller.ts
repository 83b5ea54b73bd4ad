import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { Caller } from '../kernel/index.js';
import { CurrentUser } from '../platform/auth/index.js';
import {
  agentChatBody,
  agentChatFrame,
  agentChatResponse,
  type AgentChatBody,
} from './agent-chat/agent-chat-schemas.js';
import { AnswerAgentChat } from './agent-chat/answer-agent-chat.js';
import { eitherBody } from './either-body.js';
import { jsonOrStream, type Reply } from './exchange.js';
import { AnswerOneShot } from './one-shot/answer-one-shot.js';
import { oneShotBody, oneShotFrame, oneShotResponse, type OneShotBody } from './one-shot/one-shot-schemas.js';

const chatBody = eitherBody('messages', agentChatBody, oneShotBody);

/** `POST /chat`, which two systems have: with one `message`, or with all `messages` of a conversation. */
@ApiTags('chat')
@Controller('chat')
export class ChatController {
  constructor(
    private readonly answerOneShot: AnswerOneShot,
    private readonly answerAgentChat: AnswerAgentChat,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Ask for the answer to one message, or to a conversation',
    operationId: 'chat',
    description:
      'With a `message`: the answer to it. With `stream`, the answer comes as server-sent events without names, whose last ' +
      'one is `[DONE]`; without a thread nothing of it is kept, and a client that goes ends it. Several messages of a turn ' +
      'are one text, with blank lines between them, and so is what a turn that waits for a person asks.\n\n' +
      'With `messages`: the answer to the last one, in server-sent events named by their `type`, of which the last one is ' +
      '`complete`, or `error`; with `stream: false` it is that of `POST /proxy`. Of the `tools`, those that the server knows ' +
      'run here, under its own definition, and the model goes on with what came of them. A call of any other ends the ' +
      'answer with `finish_reason: tool_calls`, for the client to run. Calls that ran here before it are in the events, for ' +
      'the client to put before it into the messages it sends next. Nothing is kept, and a client that goes ends it. With a ' +
      '`threadId` it is a turn of that thread instead: only the last message is read, and all tools are the server’s.',
  })
  @ApiOkResponse({
    description: 'The answer, or server-sent events with this JSON, or `[DONE]`, in each `data:` line.',
    content: jsonOrStream(
      z.union([oneShotResponse, agentChatResponse]),
      z.union([...oneShotFrame.options, ...agentChatFrame.options]),
    ),
  })
  post(
    @CurrentUser() caller: Caller,
    @Body({ schema: chatBody }) body: AgentChatBody | OneShotBody,
    @Res() reply: Reply,
  ): Promise<void> {
    if ('messages' in body) return this.answerAgentChat.chat({ caller, reply }, body);
    return this.answerOneShot.answer({ caller, reply }, body);
  }
}
