/** The built server, whose MCP server offers what the protocol's conformance suite asks for, too. */
import 'reflect-metadata';
import type * as config from '../../src/platform/config/index.js';
import type * as modules from '../../src/dialect/dialect.module.js';
import type * as features from '../../src/dialect/mcp/mcp-feature.js';
import type * as processes from '../../src/process.js';
import { conformanceFixtures } from './mcp-fixtures.js';

/** A module of the built server; its types are those of its source. */
const built = (path: string): Promise<unknown> =>
  import(new URL(`../../dist/src/${path}`, import.meta.url).href);

const { loadConfig, readEnvironment } = (await built('platform/config/index.js')) as typeof config;
const { runProcess } = (await built('process.js')) as typeof processes;
const { DialectModule } = (await built('dialect/dialect.module.js')) as typeof modules;
const { MCP_FEATURES } = (await built('dialect/mcp/mcp-feature.js')) as typeof features;

interface Provider {
  readonly provide: unknown;
  useFactory: (...own: features.McpFeature[]) => readonly features.McpFeature[];
}

const providers = Reflect.getMetadata('providers', DialectModule) as readonly Provider[];
const provider = providers.find(({ provide }) => provide === MCP_FEATURES);
if (provider === undefined) throw new Error('the server has no MCP server');
const own = provider.useFactory;
provider.useFactory = (...given) => [...own(...given), conformanceFixtures];

runProcess(() => loadConfig(readEnvironment()));
