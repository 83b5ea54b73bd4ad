import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { ToolRegistry } from '../app/tool-registry.js';
import type { Tool } from '../ports/tool.js';
import { toolsResponse, type ToolResponse } from './tool-schemas.js';

@ApiTags('tools')
@Controller('tools')
export class ToolsController {
  constructor(private readonly registry: ToolRegistry) {}

  @Get()
  @ApiOperation({ summary: 'List the tools that you may use', operationId: 'listTools' })
  @ApiOkResponse({ standardSchema: toolsResponse })
  async list(@CurrentUser() caller: Caller): Promise<{ readonly tools: readonly ToolResponse[] }> {
    return { tools: (await this.registry.of(caller)).map(responseOf) };
  }
}

function responseOf({ definition }: Tool): ToolResponse {
  const { name, title, description, parameters, annotations, approval, server } = definition;
  const from =
    server === undefined ? { source: 'builtin' as const } : { source: 'mcp' as const, server: server.name };
  return { name, title, description, ...from, parameters, annotations, approval };
}
