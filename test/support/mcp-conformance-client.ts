/** The host of MCP servers as the built server has it, doing what the protocol's conformance suite asks of a client. */
import { randomUUID } from 'node:crypto';
import type * as telemetry from '../../src/platform/telemetry/index.js';
import type * as hosts from '../../src/tool/adapters/mcp/mcp-host.js';
import type * as oauth from '../../src/tool/adapters/mcp/oauth/mcp-authorization.js';
import type * as metrics from '../../src/tool/adapters/mcp/mcp-metrics.js';
import type { Tool, ToolQuestion, ToolResumption } from '../../src/tool/index.js';
import type { ServerTarget } from '../../src/tool/ports/tool-servers.js';
import { MemoryGrantStore } from '../doubles/memory-grant-store.js';

/** A module of the built server; its types are those of its source. */
const built = (path: string): Promise<unknown> =>
  import(new URL(`../../dist/src/${path}`, import.meta.url).href);

const { McpHost } = (await built('tool/adapters/mcp/mcp-host.js')) as typeof hosts;
const { McpAuthorization } = (await built('tool/adapters/mcp/oauth/mcp-authorization.js')) as typeof oauth;
const { McpMetrics } = (await built('tool/adapters/mcp/mcp-metrics.js')) as typeof metrics;
const { Metrics } = (await built('platform/telemetry/index.js')) as typeof telemetry;

/** What a scenario wants to be called, where it says so. */
interface Wanted {
  /** How the client is registered with the authorization server. */
  readonly issuer?: string;
  readonly client_id?: string;
  readonly client_secret?: string;
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
const { toolCalls, ...given } = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as Wanted;
/** The suite knows the metadata of a client at this address of theirs. */
const PUBLIC_URL = 'https://conformance-test.local';
const settings = {
  EGRESS_ALLOW: ['127.0.0.1', 'localhost'],
  mcpServers: [],
  secretsKeys: [Buffer.alloc(32, 1)],
};
const grants = new MemoryGrantStore();
const authorization = new McpAuthorization({ ...settings, PUBLIC_URL }, grants);
const host = new McpHost(
  settings,
  new McpMetrics(new Metrics({ METRICS: false })),
  { sample: () => Promise.resolve({ model: 'some', text: 'Paris', isCut: false }) },
  authorization,
);
const user = {
  id: 'user',
  org: 'org',
  name: undefined,
  email: undefined,
  roles: [],
  clearance: 'internal' as const,
};
const { issuer, client_id: clientId, client_secret: clientSecret } = given;
const client =
  issuer === undefined || clientId === undefined ? undefined : { issuer, clientId, clientSecret };
let target: ServerTarget = {
  ...{ name: 'peer', isTrusted: false, isConfigured: true, maySample: true, roots: ['file:///data'] },
  endpoint: { transport: 'http' as const, url, headers: {}, client },
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

/** Logs in as a person does whose browser follows where it is sent, and agrees to everything. */
async function logIn(): Promise<void> {
  const address = await authorization.begin(user, target, `${PUBLIC_URL}/mcp/oauth/callback`);
  const { headers } = await fetch(address, { redirect: 'manual' });
  const { state, ...answer } = Object.fromEntries(new URL(headers.get('location')!).searchParams);
  const login = await authorization.take(state!);
  await authorization.redeem(login!, target, answer);
  target = { ...target, grant: (await grants.find(user, 'peer'))!.id };
}

/** The tools, for which the person logs in as often as the server wants it and the host lets them. */
async function toolsOf(): Promise<readonly Tool[]> {
  const found = await host.tools(user, target);
  const { status } = await host.state(user, target, 0);
  if (status !== 'needs_authorization') return found;
  await logIn();
  return toolsOf();
}

let tools = await toolsOf();
const named = (name: string) => tools.find(({ definition }) => definition.name === `peer__${name}`);

/** One scenario wants to be sent the schema of a tool, as a client has it. */
function argumentsFor({ definition: { name, parameters } }: Tool): Arguments {
  if (name !== 'peer__json_schema_echo') return filledIn(parameters);
  return { schema: named(ECHOED)?.definition.parameters ?? {} };
}

const callsOf = () =>
  toolCalls?.map(({ name, arguments: args }) => ({ tool: named(name), args })) ??
  tools.map((tool) => ({ tool, args: argumentsFor(tool) }));
for (let index = 0; index < callsOf().length; index += 1) {
  const { tool, args } = callsOf()[index]!;
  if (tool === undefined) continue;
  await call(tool, args);
  const isEnough = (await grants.find(user, 'peer'))?.wantedScope === undefined;
  const { status } = await host.state(user, target, 0);
  if (isEnough && status !== 'needs_authorization') continue;
  await logIn();
  tools = await toolsOf();
  await call(callsOf()[index]!.tool!, args);
}
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
