import { Controller, Get, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { IdParam, jsonSchemaOf, OpenStreams } from '../../platform/http/index.js';
import { asksForHeaders } from '../../stream/index.js';
import { ReadBranch } from '../app/read-branch.js';
import { exportQuery, exportResponse } from './chat-schemas.js';
import { EXPORT_FORMATS } from './export-formats.js';
import { RawResponse } from './request-parts.js';

@ApiTags('threads')
@Controller('chat/threads/:id/export')
export class ExportsController {
  constructor(
    private readonly readBranch: ReadBranch,
    private readonly openStreams: OpenStreams,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Read the shown branch of a thread as a whole', operationId: 'exportThread' })
  @ApiOkResponse({
    description: 'As `markdown` a text for people; as `json` the thread and its messages.',
    content: {
      'application/json': { schema: jsonSchemaOf(exportResponse, 'output') },
      'text/markdown': { schema: { type: 'string' } },
    },
  })
  async export(
    @CurrentUser() caller: Caller,
    @IdParam() id: string,
    @Query({ schema: exportQuery }) { format }: z.output<typeof exportQuery>,
    @RawResponse() response: ServerResponse,
  ): Promise<StreamableFile> {
    const { mediaType, extension, write } = EXPORT_FORMATS[format];
    const branch = await this.readBranch.open(caller, id);
    // A page is read when the client has taken the one before it.
    const text = asksForHeaders(response) ? [] : write(branch);
    if (!asksForHeaders(response)) this.reserveStream(caller, response);
    return new StreamableFile(Readable.from(text, { objectMode: false }), {
      type: mediaType,
      disposition: `attachment; filename="thread-${id}.${extension}"`,
    });
  }

  private reserveStream(caller: Caller, response: ServerResponse): void {
    const free = this.openStreams.open(caller);
    if (response.closed) free();
    else response.once('close', free);
  }
}
