import { Controller, Sse } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { ServerResponse } from 'node:http';
import type { Observable } from 'rxjs';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import type { SseMessage } from '../../stream/index.js';
import { RawResponse } from './request-parts.js';
import { ThreadStreams } from './thread-streams.js';
import { userEvent } from './user-event-schemas.js';

const DESCRIPTION = `What happens to your threads in any process: for a list of threads in every tab, or an inbox.

\`connected\` comes first, and again whenever events may have been lost, because the client read more slowly than they came or
the server lost its connection to the database: read your lists anew then. Nothing of this stream is stored: no frame has an
\`id\`, and a client that comes back begins with its lists. What a frame shows is as it is when the frame is sent; several changes
of one kind may come as one.

\`thread_updated\`: the title, the metadata or the head have changed, or a message has been added. \`turn_started\`: a turn runs; it
comes again when one goes on that waited. \`turn_waiting\` and \`turn_ended\` follow. \`thread_deleted\` has the thread as it was, with its
\`metadata\` only where they are at most 4,000 bytes, and else \`{}\`. \`input_opened\` and \`input_closed\` come to the owner of the thread, and to whom
the input names as \`assignee\` or by \`role\`; those hear of the input alone. Where an input
is gone with its thread, \`input_closed\` has it as it was closed, with a \`schema\` of at most 3,000 bytes, else \`null\`, and 500 characters of its \`prompt\`.`;

@ApiTags('streams')
@Controller('chat/events')
export class UserEventsController {
  constructor(private readonly streams: ThreadStreams) {}

  @Sse()
  @ApiOperation({
    summary: 'Stream what happens to your threads',
    description: DESCRIPTION,
    operationId: 'streamUserEvents',
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    description: 'Server-sent events without ids. The schema is that of the JSON in each `data:` line.',
    standardSchema: userEvent,
  })
  events(
    @CurrentUser() caller: Caller,
    @RawResponse() response: ServerResponse,
  ): Promise<Observable<SseMessage>> {
    return this.streams.user(caller, response);
  }
}
