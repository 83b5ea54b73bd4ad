import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser, Roles } from '../../platform/auth/index.js';
import { McpServers } from '../app/mcp-servers.js';
import * as schemas from './mcp-schemas.js';

@ApiTags('mcp')
@Controller('mcp/servers')
export class McpServersController {
  constructor(private readonly servers: McpServers) {}

  @Get()
  @ApiOperation({
    summary: 'List the MCP servers that you may use, and how they do',
    operationId: 'listMcpServers',
    description: 'Those that were not asked before are asked now, and waited for five seconds at most.',
  })
  @ApiOkResponse({ standardSchema: schemas.serversResponse })
  async list(@CurrentUser() caller: Caller) {
    return { servers: await this.servers.list(caller) };
  }

  @Post()
  @Roles('admin')
  @ApiOperation({
    summary: 'Add an MCP server for everybody of the organisation',
    operationId: 'addMcpServer',
    description: 'For administrators. Programs are configured by the operator alone, in `MCP_SERVERS_FILE`.',
  })
  @ApiCreatedResponse({ standardSchema: schemas.newServerResponse })
  async add(
    @CurrentUser() caller: Caller,
    @Body({ schema: schemas.newServerBody })
    { name, url, headers = {}, sampling = false, oauth }: schemas.NewServerBody,
  ) {
    const server = { name, url, headers, maySample: sampling, client: oauth };
    return { server: await this.servers.add(caller, server) };
  }

  @Delete(':name')
  @Roles('admin')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove an MCP server, and what users have entered for it',
    operationId: 'removeMcpServer',
  })
  @ApiNoContentResponse()
  remove(@CurrentUser() caller: Caller, @Param('name') name: string): Promise<void> {
    return this.servers.remove(caller, name);
  }

  @Put(':name/credentials')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Enter your own credential for an MCP server',
    operationId: 'putMcpCredentials',
    description:
      'It is kept encrypted, used for you alone, sent to this server alone, and never shown again.',
  })
  @ApiNoContentResponse()
  async putCredentials(
    @CurrentUser() caller: Caller,
    @Param('name') name: string,
    @Body({ schema: schemas.credentialsBody }) { bearer, headers = {} }: schemas.CredentialsBody,
  ): Promise<void> {
    const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    await this.servers.putCredential(caller, name, { ...headers, ...authorization });
  }

  @Delete(':name/credentials')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove your credential for an MCP server', operationId: 'removeMcpCredentials' })
  @ApiNoContentResponse()
  removeCredentials(@CurrentUser() caller: Caller, @Param('name') name: string): Promise<void> {
    return this.servers.removeCredential(caller, name);
  }

  @Get(':name/resources')
  @ApiOperation({ summary: 'List what an MCP server has to attach', operationId: 'listMcpResources' })
  @ApiOkResponse({ standardSchema: schemas.resourcesResponse })
  async resources(@CurrentUser() caller: Caller, @Param('name') name: string) {
    return { resources: await this.servers.resources(caller, name) };
  }

  @Get(':name/prompts')
  @ApiOperation({ summary: 'List the prompts of an MCP server', operationId: 'listMcpPrompts' })
  @ApiOkResponse({ standardSchema: schemas.promptsResponse })
  async prompts(@CurrentUser() caller: Caller, @Param('name') name: string) {
    return { prompts: await this.servers.prompts(caller, name) };
  }
}
