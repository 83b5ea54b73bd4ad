import './node-version.js';
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { configuredModels, probeProviders } from './llm/index.js';
import { ConfigError, loadConfig, readEnvironment } from './platform/config/index.js';

/** `npm run providers:health [-- --json]`: ends with 1 when a configured provider is down, with 2 when nobody could be probed. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  const models = await configuredModels(loadConfig(readEnvironment()));
  const { text, ok } = await probeProviders(models, values.json ? 'json' : 'table');
  // What a provider left open must not keep the terminal waiting.
  process.stdout.write(`${text}\n`, () => process.exit(ok ? 0 : 1));
}

main().catch((error: unknown) => {
  const isForOperators =
    error instanceof ConfigError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
  const text =
    error instanceof Error ? (isForOperators === true ? error.message : error.stack) : String(error);
  process.stderr.write(`${text}\n`, () => process.exit(2));
});
