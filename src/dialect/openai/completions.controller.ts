import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiDefaultResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { jsonOrStream, type Reply } from '../exchange.js';
import { completionResponse, completionFrame, openAiErrorSchema } from './response-schemas.js';
import { CompleteChat } from './complete-chat.js';
import { completionBody, type CompletionBody } from './completion-schemas.js';

@ApiTags('openai')
@ApiDefaultResponse({ standardSchema: openAiErrorSchema })
@Controller('v1/chat/completions')
export class CompletionsController {
  constructor(private readonly completeChat: CompleteChat) {}

  @Post()
  @ApiOperation({
    summary: 'Ask a model, in OpenAI’s words',
    operationId: 'createChatCompletion',
    description:
      'The model alone, without documents, workflow or thread. With `stream` the answer comes as server-sent events, ' +
      'whose last one is `[DONE]`; what fails in the middle is an event `{"error":{…}}`, and nothing follows it. A ' +
      'client that goes ends its answer. Tools of the type `function` are the client’s. Those of the type `threadline` are ' +
      'the server’s, which makes their calls and asks the model again, round after round; the calls are in ' +
      '`executed_tools` of the message, in a stream in one piece before its end, and `usage` is that of all rounds. A call ' +
      'of the client’s ends the answer. A tool whose calls a person has to approve is refused here.',
  })
  @ApiOkResponse({
    description: 'The answer, or server-sent events with this JSON, or `[DONE]`, in each `data:` line.',
    content: jsonOrStream(completionResponse, completionFrame),
  })
  create(
    @CurrentUser() caller: Caller,
    @Body({ schema: completionBody }) body: CompletionBody,
    @Res() reply: Reply,
  ): Promise<void> {
    return this.completeChat.complete({ caller, body, reply });
  }
}
