import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import type { Reply } from '../exchange.js';
import { completionResponse } from '../openai/response-schemas.js';
import {
  agentChatFrame,
  planningBody,
  proxyBody,
  searchBody,
  type PlanningBody,
  type ProxyBody,
  type SearchBody,
} from './agent-chat-schemas.js';
import { AnswerAgentChat } from './answer-agent-chat.js';

const EVENTS = 'Server-sent events named by their `type`; the last one is `complete`, or `error`.';

/** What clients of the wire with tools may ask beside `POST /chat`. */
@ApiTags('chat')
@Controller()
export class AgentChatController {
  constructor(private readonly answers: AnswerAgentChat) {}

  @Post('proxy')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Ask for the answer to a conversation, as a whole',
    operationId: 'proxy',
    description:
      'What `POST /chat` with `messages` streams: the answer after all rounds in which the model called tools of the ' +
      'server, with the usage of all of them.',
  })
  @ApiOkResponse({ description: 'The answer.', standardSchema: completionResponse })
  proxy(
    @CurrentUser() caller: Caller,
    @Body({ schema: proxyBody }) body: ProxyBody,
    @Res() reply: Reply,
  ): Promise<void> {
    return this.answers.whole({ caller, reply }, body);
  }

  @Post('search')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Search the web, and stream what was found in a model’s words',
    operationId: 'searchWeb',
    description:
      'The results come as those of a call of `search_web`: the content of its `tool_call_result` is JSON, ' +
      '`{ results: [{ title, url, snippet, publishedAt? }] }`. The answer after it cites them by number, from `[1]` on.',
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ description: EVENTS, standardSchema: agentChatFrame })
  search(
    @CurrentUser() caller: Caller,
    @Body({ schema: searchBody }) body: SearchBody,
    @Res() reply: Reply,
  ): Promise<void> {
    return this.answers.search({ caller, reply }, body);
  }

  @Post('planning')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Stream a plan of what is to be done',
    operationId: 'plan',
    description: 'The text ends in one JSON object, `{ "steps": [{ "title": "…" }] }`.',
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ description: EVENTS, standardSchema: agentChatFrame })
  plan(
    @CurrentUser() caller: Caller,
    @Body({ schema: planningBody }) body: PlanningBody,
    @Res() reply: Reply,
  ): Promise<void> {
    return this.answers.plan({ caller, reply }, body);
  }
}
