import { All, Body, Controller, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import type { Reply } from '../exchange.js';
import { ServeMcp } from './serve-mcp.js';

/** The Model Context Protocol over Streamable HTTP: the protocol itself says what its requests are. */
@ApiExcludeController()
@Controller('mcp')
export class McpController {
  constructor(private readonly mcp: ServeMcp) {}

  @All()
  serve(
    @CurrentUser() caller: Caller,
    @Req() request: { readonly raw: IncomingMessage },
    @Body() body: unknown,
    @Res() reply: Reply & { getHeaders(): Record<string, string> },
  ): Promise<void> {
    return this.mcp.serve({ caller, reply }, request.raw, body);
  }
}
