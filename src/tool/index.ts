export { withStricterApproval, type ApprovalPolicies } from './app/approval-policy.js';
export { Approvals } from './app/approvals.js';
export { CallTool, type PreparedCall } from './app/call-tool.js';
export { checkArguments } from './app/check-arguments.js';
export { argumentsHash, definitionHash } from './app/definition-hash.js';
export { McpServers } from './app/mcp-servers.js';
export { ToolRegistry, type ToolSelection } from './app/tool-registry.js';
export { type FoundPage } from './builtin/search-web/found-pages.js';
export { SearchWeb } from './builtin/search-web/search-web.js';
export { DEFAULT_RESULTS, MAX_QUERY, MAX_RESULTS } from './builtin/search-web/search-web-tool.js';
export { failedResult, textForModel, type ToolCallResult } from './core/tool-result.js';
export {
  type OutputPart,
  type ResourceLink,
  type ToolOutput,
  type ToolQuestion,
  type ToolSuspension,
} from './core/tool-output.js';
export { type StoredContent } from './core/result-plan.js';
export { APPROVAL_STORE, type ApprovalStore } from './ports/approval-store.js';
export { MCP_SERVER_STORE, type McpServerStore } from './ports/mcp-server-store.js';
export {
  MAX_STORED_BYTES,
  STORED_RESULTS,
  type CallWriter,
  type ContentReference,
  type StoredResults,
} from './ports/stored-results.js';
export {
  type Tool,
  type ToolContext,
  type ToolDefinition,
  type ToolProgress,
  type ToolResumption,
} from './ports/tool.js';
export { TOOL_SERVERS, type ToolServers } from './ports/tool-servers.js';
export { ToolModule } from './tool.module.js';
