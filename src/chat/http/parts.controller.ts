import { Controller, Get, Inject, type StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { ServerResponse } from 'node:http';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { found, IdParam } from '../../platform/http/index.js';
import { RESULT_PARTS, type ResultParts } from '../../thread/index.js';
import { Downloads } from './downloads.js';
import { howServed } from './part-headers.js';
import { RawResponse } from './request-parts.js';

@ApiTags('threads')
@Controller('chat/threads/:id/parts')
export class PartsController {
  constructor(
    @Inject(RESULT_PARTS) private readonly parts: ResultParts,
    private readonly downloads: Downloads,
  ) {}

  @Get(':partId')
  @ApiOperation({
    summary: 'Read what a part of a tool’s result refers to',
    description:
      'The `url` of a part. Images, recordings and plain text are shown where they are; anything else is an attachment, and what ' +
      'a browser could run has no type.',
    operationId: 'getPart',
  })
  @ApiOkResponse({
    description: 'The bytes.',
    content: { '*/*': { schema: { type: 'string', format: 'binary' } } },
  })
  async read(
    @CurrentUser() caller: Caller,
    @IdParam() id: string,
    @IdParam('partId') partId: string,
    @RawResponse() response: ServerResponse,
  ): Promise<StreamableFile> {
    const part = found(await this.parts.open(caller, id, partId), 'part');
    const { type, disposition, headers } = howServed(part.mediaType, partId);
    for (const [name, value] of headers) response.setHeader(name, value);
    return this.downloads.send(caller, response, part.pieces, { type, disposition, length: part.size });
  }
}
