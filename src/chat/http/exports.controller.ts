import { Controller, Get, Query, type StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { IdParam, jsonSchemaOf } from '../../platform/http/index.js';
import { ReadBranch } from '../app/read-branch.js';
import { exportQuery, exportResponse } from './chat-schemas.js';
import { Downloads } from './downloads.js';
import { EXPORT_FORMATS } from './export-formats.js';
import { RawResponse } from './request-parts.js';

@ApiTags('threads')
@Controller('chat/threads/:id/export')
export class ExportsController {
  constructor(
    private readonly readBranch: ReadBranch,
    private readonly downloads: Downloads,
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
    return this.downloads.send(caller, response, () => write(branch), {
      type: mediaType,
      disposition: `attachment; filename="thread-${id}.${extension}"`,
    });
  }
}
