/** The host of MCP servers as the built server has it, doing what the protocol's conformance suite asks of a client. */
import { randomUUID } from 'node:crypto';
import type * as telemetry from '../../src/platform/telemetry/index.js';
import type * as hosts from '../../src/tool/adapters/mcp/mcp-host.js';
import type * as metrics from '../../src/tool/adapters/mcp/mcp-metrics.js';
import type { Tool, ToolQuestion, ToolResumption } from '../../src/tool/index.js';

/** A module of the built server; its types are those of its source. */
const built = (path: string): Promise<unknown> =>
  import(new URL(`../../dist/src/${path}`, import.meta.url).href);

const { McpHost } = (await built('tool/adapters/mcp/mcp-host.js')) as typeof hosts;
const { McpMetrics } = (await built('tool/adapters/mcp/mcp-metrics.js')) as typeof metrics;
const { Metrics } = (await built('platform/telemetry/index.js')) as typeof telemetry;

/** What a scenario wants to be called, where it says so. */
interface Wanted {
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: Arguments }[];
}

interface Schema {
  readonly type?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

type Arguments = Readonly<Record<string, unknown>>;

const MAX_LEGS = 12;
const CALL_MS = 20_000;
const ECHOED = 'json_schema_2020_12_tool';

const url = process.argv.at(-1)!;
const { toolCalls } = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as Wanted;
const host = new McpHost(
  {
    EGRESS_ALLOW: ['127.0.0.1', 'localhost'],
    mcpServers: [],
    secretsKeys: [Buffer.alloc(32, 1)],
  },
  new McpMetrics(new Metrics({ METRICS: false })),
  { sample: () => Promise.resolve({ model: 'some', text: 'Paris', isCut: false }) },
);
const user = {
  id: 'user',
  org: 'org',
  name: undefined,
  email: undefined,
  roles: [],
  clearance: 'internal' as const,
};
const target = {
  ...{ name: 'peer', isTrusted: false, isConfigured: true, maySample: true, roots: ['file:///data'] },
  endpoint: { transport: 'http' as const, url, headers: {} },
};
const context = { caller: user, turnId: randomUUID(), threadId: randomUUID(), callId: 'call' };

/** Fills in a form or arguments: with what the schema proposes, or with something that fits it. */
function filledIn({ properties = {} }: Schema): Arguments {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valueOf(schema)]));
}

function valueOf(schema: Schema): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.type === 'object') return filledIn(schema);
  const values: Readonly<Record<string, unknown>> = { number: 5, integer: 5, boolean: true, array: [] };
  return values[schema.type ?? ''] ?? 'test';
}

function answerTo({ schema }: ToolQuestion): ToolResumption['answers'][string] {
  return { outcome: 'accepted', content: schema === null ? null : filledIn(schema) };
}

/** Calls a tool until it asks nothing more. */
async function call(tool: Tool, args: Arguments): Promise<void> {
  let resumed: ToolResumption | undefined;
  for (let leg = 0; leg < MAX_LEGS; leg += 1) {
    const given = { ...context, ...(resumed !== undefined && { resumed }) };
    const calling = tool.call(args, given, AbortSignal.timeout(CALL_MS));
    let next = await calling.next();
    while (next.done !== true) next = await calling.next();
    const output = next.value;
    if (!('asks' in output)) return;
    const answers = output.asks.map((question) => [question.key, answerTo(question)] as const);
    resumed = { ...output, answers: Object.fromEntries(answers) };
  }
}

const tools = await host.tools(user, target);
const named = (name: string) => tools.find(({ definition }) => definition.name === `peer__${name}`);

/** One scenario wants to be sent the schema of a tool, as a client has it. */
function argumentsFor({ definition: { name, parameters } }: Tool): Arguments {
  if (name !== 'peer__json_schema_echo') return filledIn(parameters);
  return { schema: named(ECHOED)?.definition.parameters ?? {} };
}

const calls =
  toolCalls?.map(({ name, arguments: args }) => ({ tool: named(name), args })) ??
  tools.map((tool) => ({ tool, args: argumentsFor(tool) }));
for (const { tool, args } of calls) if (tool !== undefined) await call(tool, args);
const NONE = (): never[] => [];
for (const { name, arguments: asked } of await host.prompts(user, target).catch(NONE))
  await host.prompt(
    user,
    target,
    { name, arguments: Object.fromEntries(asked.map((one) => [one.name, 'test'])) },
    1_000,
  );
for (const { uri } of await host.resources(user, target).catch(NONE))
  await host.read(user, target, uri, 1_000);
await host.onModuleDestroy();
