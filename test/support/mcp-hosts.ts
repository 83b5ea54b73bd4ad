import { Metrics } from '../../src/platform/telemetry/index.js';
import { McpHost } from '../../src/tool/adapters/mcp/mcp-host.js';
import { McpMetrics } from '../../src/tool/adapters/mcp/mcp-metrics.js';
import type { ModelSampler } from '../../src/tool/ports/model-sampler.js';
import { McpAuthorization } from '../../src/tool/adapters/mcp/oauth/mcp-authorization.js';
import type { Tool } from '../../src/tool/ports/tool.js';
import type { ServerTarget } from '../../src/tool/ports/tool-servers.js';
import { McpStandIn, saying, type McpStandInOptions, type StandInTool } from '../doubles/mcp-stand-in.js';
import { MemoryGrantStore } from '../doubles/memory-grant-store.js';
import { newUser } from './callers.js';

/** A server as somebody reaches it who has these headers. */
export const targetOf = (
  { url }: Pick<McpStandIn, 'url'>,
  headers: Record<string, string> = {},
): ServerTarget => ({
  ...{ name: 'stand_in', isTrusted: false, isConfigured: false, maySample: false, roots: [] },
  endpoint: { transport: 'http', url, headers },
});

/** A tool that says what it is told. */
export const echo: StandInTool = {
  description: 'Says what it is told.',
  inputSchema: {
    type: 'object',
    properties: { words: { type: 'string' } },
    required: ['words'],
    additionalProperties: false,
  },
  call: ({ args }) => saying(`You said: ${String(args['words'])}`),
};

/** Where no server may have a model asked. */
const NO_MODEL: ModelSampler = {
  sample: () => Promise.reject(new Error('a model is asked')),
};

/** Hosts, and servers for them, that end with the test. */
export function mcpHosts() {
  const standIns: McpStandIn[] = [];
  const hosts: McpHost[] = [];
  afterEach(async () => {
    await Promise.all(hosts.splice(0).map((host) => host.onModuleDestroy()));
    await Promise.all(standIns.splice(0).map((standIn) => standIn.close()));
  });

  const standInOf = async (options: Partial<McpStandInOptions> = {}) => {
    const standIn = await McpStandIn.start({ era: 'modern', tools: {}, ...options });
    standIns.push(standIn);
    return standIn;
  };

  const newHost = (
    config: Partial<ConstructorParameters<typeof McpHost>[0]> = {},
    sampler: ModelSampler = NO_MODEL,
  ) => {
    const settings = {
      EGRESS_ALLOW: ['127.0.0.1'],
      mcpServers: [],
      secretsKeys: [Buffer.alloc(32, 7)],
      ...config,
    };
    const authorization = new McpAuthorization(
      { PUBLIC_URL: undefined, ...settings },
      new MemoryGrantStore(),
    );
    const metrics = new McpMetrics(new Metrics({ METRICS: false }));
    const host = new McpHost(settings, metrics, sampler, authorization);
    hosts.push(host);
    return host;
  };

  /** The tools of a stand-in as a user of a host of its own has them. */
  const toolsOf = async (
    standIn: McpStandIn,
    host = newHost(),
    user = newUser(),
    change: Partial<ServerTarget> = {},
  ) => {
    const tools = await host.tools(user, { ...targetOf(standIn), ...change });
    const named = (name: string): Tool =>
      tools.find(({ definition }) => definition.name === `stand_in__${name}`)!;
    return { host, user, tools, named };
  };

  return { standInOf, newHost, toolsOf };
}
