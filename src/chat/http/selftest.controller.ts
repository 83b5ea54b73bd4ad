import { Controller, Sse } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { ServerResponse } from 'node:http';
import type { Observable } from 'rxjs';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import type { SseMessage } from '../../stream/index.js';
import { RawResponse } from './request-parts.js';
import { selftestEvent } from './stream-event-schemas.js';
import { ThreadStreams } from './thread-streams.js';

@ApiTags('streams')
@Controller('chat/stream')
export class SelftestController {
  constructor(private readonly streams: ThreadStreams) {}

  @Sse('selftest')
  @ApiOperation({
    summary:
      'Ten frames over two seconds, to find out what is on the way; docs/selftest.md says how to read them',
    operationId: 'selftest',
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    description: 'Server-sent events without ids. The schema is that of the JSON in each `data:` line.',
    standardSchema: selftestEvent,
  })
  selftest(@CurrentUser() caller: Caller, @RawResponse() response: ServerResponse): Observable<SseMessage> {
    return this.streams.selftest(caller, response);
  }
}
