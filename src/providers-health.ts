import './node-version.js';
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { configuredModels, probeProviders } from './llm/index.js';
import { ConfigError, loadConfig, readEnvironment } from './platform/config/index.js';

/**
 * `npm run providers:health [-- --json]`: exits with 1 if a configured provider is down, with 2 if none could be
 * probed.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  const models = await configuredModels(loadConfig(readEnvironment()));
  const { text, ok } = await probeProviders(models, values.json ? 'json' : 'table');
  // Connections that a provider left open must not delay the exit.
  process.stdout.write(`${text}\n`, () => process.exit(ok ? 0 : 1));
}

main().catch((error: unknown) => {
  const isForOperators =
    error instanceof ConfigError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
  const text =
    error instanceof Error ? (isForOperators === true ? error.message : error.stack) : String(error);
  process.stderr.write(`${text}\n`, () => process.exit(2));
});
