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
export type { ProviderSettings } from './providers-file.js';
export { sendsToBackground } from './started-by.js';
