export {
  CONFIG,
  ConfigError,
  isLoopback,
  loadConfig,
  loadDatabaseSettings,
  readEnvironment,
  VERSION,
  type Config,
  type DatabaseSettings,
} from './config.js';
export { ConfigModule } from './config.module.js';
export { ENVIRONMENT_VARIABLES } from './environment.js';
export {
  headersProblem,
  issuerProblemOf,
  MCP_SERVER_NAME,
  MCP_SERVER_NAME_RULE,
  type McpClient,
  type McpEndpoint,
  type McpServerSettings,
} from './mcp-servers-file.js';
export type { ProviderSettings } from './providers-file.js';
export { BUILT_IN_PROVIDERS, PROVIDER_ALIASES, type PROVIDER_WIRES } from './sections/providers.js';
export { SEARCH_KINDS, type SearchKind } from './sections/tool.js';
export { WEBHOOK_EVENTS, type WebhookSettings } from './webhooks-file.js';
export { sendsToBackground } from './started-by.js';
export { isThisMachine } from './value-types.js';
