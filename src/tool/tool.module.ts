import { Module } from '@nestjs/common';
import { LlmModule } from '../llm/index.js';
import { CONFIG, VERSION, type Config } from '../platform/config/index.js';
import { EgressAllow } from '../platform/egress/index.js';
import { McpHost } from './adapters/mcp/mcp-host.js';
import { McpMetrics } from './adapters/mcp/mcp-metrics.js';
import { McpAuthorization } from './adapters/mcp/oauth/mcp-authorization.js';
import { PostgresApprovalStore } from './adapters/postgres-approval-store.js';
import { PostgresGrantStore } from './adapters/postgres-grant-store.js';
import { PostgresMcpServerStore } from './adapters/postgres-mcp-server-store.js';
import { Approvals } from './app/approvals.js';
import { CallTool } from './app/call-tool.js';
import { KeepResult } from './app/keep-result.js';
import { LogInToServer } from './app/log-in-to-server.js';
import { McpServers } from './app/mcp-servers.js';
import { SampleModel } from './app/sample-model.js';
import { ToolMetrics } from './app/tool-metrics.js';
import { ToolRegistry } from './app/tool-registry.js';
import { ExecuteJavascript } from './builtin/execute-javascript/execute-javascript.js';
import { ReadResult } from './builtin/read-result/read-result.js';
import { ScrapeWebContent } from './builtin/scrape-web-content/scrape-web-content.js';
import { searchWebTool } from './builtin/search-web/search-web-tool.js';
import { SearchWeb } from './builtin/search-web/search-web.js';
import { ApprovalsController } from './http/approvals.controller.js';
import { McpLoginsController } from './http/mcp-logins.controller.js';
import { McpServersController } from './http/mcp-servers.controller.js';
import { ToolsController } from './http/tools.controller.js';
import { APPROVAL_STORE } from './ports/approval-store.js';
import { GRANT_STORE } from './ports/grant-store.js';
import { MCP_SERVER_STORE } from './ports/mcp-server-store.js';
import { MODEL_SAMPLER } from './ports/model-sampler.js';
import { SERVER_AUTHORIZATION } from './ports/server-authorization.js';
import { STORED_RESULTS, type StoredResults } from './ports/stored-results.js';
import { BUILTIN_TOOLS, type Tool } from './ports/tool.js';
import { TOOL_SERVERS } from './ports/tool-servers.js';

/** What models may call: the server's own tools and those of MCP servers, how they are called, and what users have agreed to. */
@Module({
  imports: [LlmModule],
  controllers: [ApprovalsController, McpLoginsController, McpServersController, ToolsController],
  providers: [
    { provide: SearchWeb, inject: [CONFIG], useFactory: (config: Config) => new SearchWeb(config) },
    { provide: BUILTIN_TOOLS, inject: [STORED_RESULTS, SearchWeb, CONFIG], useFactory: builtinTools },
    { provide: APPROVAL_STORE, useClass: PostgresApprovalStore },
    { provide: MCP_SERVER_STORE, useClass: PostgresMcpServerStore },
    { provide: MODEL_SAMPLER, useClass: SampleModel },
    { provide: TOOL_SERVERS, useClass: McpHost },
    { provide: GRANT_STORE, useClass: PostgresGrantStore },
    { provide: SERVER_AUTHORIZATION, useExisting: McpAuthorization },
    Approvals,
    CallTool,
    KeepResult,
    LogInToServer,
    McpAuthorization,
    McpMetrics,
    McpServers,
    ToolMetrics,
    ToolRegistry,
  ],
  exports: [
    APPROVAL_STORE,
    Approvals,
    CallTool,
    MCP_SERVER_STORE,
    McpServers,
    SearchWeb,
    TOOL_SERVERS,
    ToolRegistry,
  ],
})
export class ToolModule {}

/** Those that the configuration allows. */
function builtinTools(results: StoredResults, web: SearchWeb, config: Config): readonly Tool[] {
  const { EGRESS_ALLOW, SCRAPE_ROBOTS: respectsRobots } = config;
  const pages = new ScrapeWebContent({
    allow: new EgressAllow(EGRESS_ALLOW),
    respectsRobots,
    version: VERSION,
  });
  const tools = [searchWebTool(web), pages, new ExecuteJavascript(), new ReadResult(results)];
  return tools.filter((tool) => tool !== undefined);
}
