export { CallTool, type PreparedCall } from './app/call-tool.js';
export { checkArguments } from './app/check-arguments.js';
export { definitionHash } from './app/definition-hash.js';
export { ToolRegistry, type ToolSelection } from './app/tool-registry.js';
export { failedResult, textForModel, type ToolCallResult } from './core/tool-result.js';
export { type ToolOutput } from './core/tool-output.js';
export { type Tool, type ToolContext, type ToolDefinition, type ToolProgress } from './ports/tool.js';
export { ToolModule } from './tool.module.js';
