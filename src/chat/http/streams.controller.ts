import { applyDecorators, Body, Controller, HttpCode, RequestMethod, Sse } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiProduces, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { ServerResponse } from 'node:http';
import type { Observable } from 'rxjs';
import type { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { AllowTicket, CurrentUser } from '../../platform/auth/index.js';
import { IdParam } from '../../platform/http/index.js';
import type { SseMessage } from '../../stream/index.js';
import { postMessageBody } from './chat-schemas.js';
import { IdempotencyKey, RawResponse, ResumeAfter } from './request-parts.js';
import { streamEvent } from './stream-event-schemas.js';
import { ThreadStreams } from './thread-streams.js';

const Resumable = () =>
  applyDecorators(
    ApiHeader({ name: 'Last-Event-ID', required: false, description: 'The id of the last event received.' }),
    ApiQuery({ name: 'after', required: false, schema: { type: 'integer', minimum: 0 } }),
    ApiProduces('text/event-stream'),
    ApiOkResponse({
      description: 'Server-sent events. The schema is that of the JSON in each `data:` line.',
      standardSchema: streamEvent,
    }),
  );

@ApiTags('streams')
@Controller('chat/threads/:id')
export class StreamsController {
  constructor(private readonly streams: ThreadStreams) {}

  @Sse('messages/stream', { method: RequestMethod.POST })
  @HttpCode(200)
  @ApiOperation({ summary: 'Post a message and stream its turn', operationId: 'streamMessage' })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key and body: the same turn.',
  })
  @Resumable()
  message(
    @CurrentUser() caller: Caller,
    @IdParam() threadId: string,
    @Body({ schema: postMessageBody }) body: z.output<typeof postMessageBody>,
    @IdempotencyKey() key: string | undefined,
    @ResumeAfter() after: number | undefined,
    @RawResponse() response: ServerResponse,
  ): Promise<Observable<SseMessage>> {
    return this.streams.message({ caller, threadId, body, key, response }, after);
  }

  @Sse('stream')
  @AllowTicket()
  @ApiOperation({
    summary: 'Stream a thread: every turn, from wherever the client is',
    operationId: 'streamThread',
  })
  @Resumable()
  thread(
    @CurrentUser() caller: Caller,
    @IdParam() threadId: string,
    @ResumeAfter() after: number | undefined,
    @RawResponse() response: ServerResponse,
  ): Promise<Observable<SseMessage>> {
    return this.streams.thread(caller, threadId, after, response);
  }
}
