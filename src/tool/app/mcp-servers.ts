import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  newId,
  type AttachedPrompt,
  type AttachedResource,
  type Caller,
  type Person,
} from '../../kernel/index.js';
import {
  CONFIG,
  type Config,
  type McpClient,
  type McpEndpoint,
  type McpServerSettings,
} from '../../platform/config/index.js';
import { Sealer } from '../../platform/secrets/index.js';
import {
  MAX_SERVERS,
  MCP_SERVER_STORE,
  type McpServerStore,
  type StoredServer,
} from '../ports/mcp-server-store.js';
import {
  TOOL_SERVERS,
  type ServerPrompt,
  type ServerResource,
  type ServerState,
  type ServerTarget,
  type ToolServers,
} from '../ports/tool-servers.js';
import { SERVER_AUTHORIZATION, type ServerAuthorization } from '../ports/server-authorization.js';
import type { Tool } from '../ports/tool.js';

/** How long the state of servers is waited for that have not been asked before, in milliseconds. */
const STATE_MS = 5_000;

/** A server and how it does; `disabled` where the operator has switched it off. */
export interface ServerReport extends Omit<ServerState, 'status'> {
  readonly name: string;
  readonly transport: McpEndpoint['transport'];
  readonly status: ServerState['status'] | 'disabled';
}

/** A server, and the tools that it has for a user as far as it says. */
export interface ToolListing {
  readonly server: string;
  readonly tools: readonly Tool[] | undefined;
}

/** A server that an administrator adds. */
export interface NewServer {
  readonly name: string;
  readonly url: string;
  /** For everybody of the organisation. */
  readonly headers: Readonly<Record<string, string>>;
  /** It may ask for a model's answer. */
  readonly maySample: boolean;
  /** How this server is registered with its authorization server. */
  readonly client?: McpClient | undefined;
}

/** The MCP servers that a user may use: those of the configuration and those of the own organisation. */
@Injectable()
export class McpServers {
  private readonly sealer: Sealer;
  private readonly configured: readonly McpServerSettings[];

  constructor(
    @Inject(CONFIG) { mcpServers, secretsKeys }: Pick<Config, 'mcpServers' | 'secretsKeys'>,
    @Inject(MCP_SERVER_STORE) private readonly store: McpServerStore,
    @Inject(TOOL_SERVERS) private readonly servers: ToolServers,
    @Inject(SERVER_AUTHORIZATION) private readonly authorization: ServerAuthorization,
  ) {
    this.configured = mcpServers;
    this.sealer = new Sealer(secretsKeys);
  }

  /** The tools of those servers that are wanted, server by server; of one that cannot be reached there are none. */
  async tools(
    caller: Caller,
    isWanted: (server: string) => boolean,
    signal?: AbortSignal,
  ): Promise<readonly Tool[]> {
    const targets = (await this.targets(caller)).filter(({ name }) => isWanted(name));
    const tools = await Promise.all(targets.map((target) => this.servers.tools(caller, target, signal)));
    return tools.flat();
  }

  /** The tools of each server that is wanted; of one that does not say now which it has, none are known. */
  async listings(caller: Caller, isWanted: (server: string) => boolean): Promise<readonly ToolListing[]> {
    const targets = (await this.targets(caller)).filter(({ name }) => isWanted(name));
    return Promise.all(
      targets.map(async (target): Promise<ToolListing> => {
        const tools = await this.servers.tools(caller, target);
        const says = tools.length > 0 || (await this.servers.state(caller, target, 0)).status === 'connected';
        return { server: target.name, tools: says ? tools : undefined };
      }),
    );
  }

  /** Every server, by name; those that nobody has asked yet are asked. */
  async list(caller: Caller): Promise<readonly ServerReport[]> {
    const reports = (await this.targets(caller)).map(async (target): Promise<ServerReport> => {
      const state = await this.servers.state(caller, target, STATE_MS);
      return { name: target.name, transport: target.endpoint.transport, ...state };
    });
    const disabled = this.configured.filter(({ isDisabled }) => isDisabled).map(disabledReport);
    return [...(await Promise.all(reports)), ...disabled].toSorted((one, other) =>
      one.name < other.name ? -1 : 1,
    );
  }

  /** Throws `STATE_CONFLICT` when the name is taken, or the organisation has as many as it may have. */
  async add(caller: Caller, { name, url, headers, maySample, client }: NewServer): Promise<ServerReport> {
    if (this.configured.some((server) => server.name === name)) throw nameTaken(name);
    const id = newId();
    const hasHeaders = Object.keys(headers).length > 0;
    const sealedHeaders = hasHeaders
      ? this.seal(JSON.stringify(headers), headersPlace(caller, { id, url }))
      : undefined;
    const sealedClient = client && this.seal(JSON.stringify(client), clientPlace(caller, { id, url }));
    const stored = { id, name, url, sealedHeaders, sealedClient, maySample };
    const outcome = await this.store.add(caller, stored);
    if (outcome === 'taken') throw nameTaken(name);
    if (outcome === 'full')
      throw new AppError('STATE_CONFLICT', `There are ${MAX_SERVERS} servers already: remove one first.`);
    const target = (await this.targets(caller)).find((one) => one.name === name);
    if (target === undefined) throw nothing(name);
    const state = await this.servers.state(caller, target, STATE_MS);
    return { name, transport: 'http', ...state };
  }

  /** Throws `NOT_FOUND`; a configured server is not the organisation's to remove. */
  async remove(caller: Caller, name: string): Promise<void> {
    if (!(await this.store.remove(caller, name))) throw nothing(name);
    this.servers.forget({ name }, { org: caller.org });
  }

  /** Keeps the caller's own headers for a server, in place of those before. Throws `NOT_FOUND`. */
  async putCredential(
    caller: Caller,
    name: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const target = await this.find(caller, name);
    const { endpoint } = target;
    if (endpoint.transport !== 'http')
      throw new AppError(
        'VALIDATION_FAILED',
        'A program takes no credentials of users: its operator has set it up.',
      );
    const sealed = this.seal(JSON.stringify({ headers }), credentialPlace(caller, name, endpoint.url));
    await this.store.putCredential(caller, name, sealed);
    // What is entered by hand stands in place of what came of a login.
    if (Object.keys(headers).some((header) => header.toLowerCase() === 'authorization'))
      await this.authorization.revoke(caller, target);
    this.servers.forget({ name }, caller);
  }

  /** Throws `NOT_FOUND` when there is no such server or no credential. */
  async removeCredential(caller: Caller, name: string): Promise<void> {
    const target = await this.find(caller, name);
    const wasEntered = await this.store.removeCredential(caller, name);
    if (!(await this.authorization.revoke(caller, target)) && !wasEntered)
      throw new AppError('NOT_FOUND', 'You have entered no credential for this server.');
    this.servers.forget({ name }, caller);
  }

  async resources(caller: Caller, name: string): Promise<readonly ServerResource[]> {
    return this.servers.resources(caller, await this.find(caller, name));
  }

  async prompts(caller: Caller, name: string): Promise<readonly ServerPrompt[]> {
    return this.servers.prompts(caller, await this.find(caller, name));
  }

  /** What a resource holds, as text. Throws `NOT_FOUND` for a server that is none of the caller's, and what a server says. */
  async read(caller: Caller, { server, uri }: AttachedResource, maxChars: number): Promise<string> {
    return this.servers.read(caller, await this.find(caller, server), uri, maxChars);
  }

  /** What a prompt says, as text. Throws as {@link read} does. */
  async prompt(caller: Caller, { server, ...prompt }: AttachedPrompt, maxChars: number): Promise<string> {
    return this.servers.prompt(caller, await this.find(caller, server), prompt, maxChars);
  }

  /** The server as the person reaches it now. Throws `NOT_FOUND`. */
  async find(caller: Person, name: string): Promise<ServerTarget> {
    const target = (await this.targets(caller)).find((one) => one.name === name);
    if (target === undefined) throw nothing(name);
    return target;
  }

  /** The servers as the caller reaches them, with the own credential: read anew each time, since other processes change it. */
  private async targets(caller: Person): Promise<readonly ServerTarget[]> {
    const { servers, credentials, grants } = await this.store.of(caller);
    const granted = new Map(grants.map((one) => [one.server, one.id]));
    const sealed = new Map(credentials.map((one) => [one.server, one.sealed]));
    const own = this.configured
      .filter(({ isDisabled }) => !isDisabled)
      .map(({ isDisabled: _isDisabled, ...server }) => ({ ...server, isConfigured: true }));
    const names = new Set(this.configured.map(({ name }) => name));
    const added = servers
      .filter(({ name }) => !names.has(name))
      .map((server) => this.addedTarget(caller, server));
    return [...own, ...added]
      .map((target) => this.withCredential(caller, target, sealed.get(target.name)))
      .map((target) => ({ ...target, grant: granted.get(target.name) }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  private addedTarget(caller: Person, server: StoredServer): ServerTarget {
    const { name, url, sealedHeaders, sealedClient, maySample } = server;
    const opened = sealedHeaders && this.sealer.open(sealedHeaders, headersPlace(caller, server));
    const headers =
      opened === undefined || opened === '' ? {} : (JSON.parse(opened) as Record<string, string>);
    const known = sealedClient && this.sealer.open(sealedClient, clientPlace(caller, server));
    const client = known === undefined || known === '' ? undefined : (JSON.parse(known) as McpClient);
    const added = { isTrusted: false, maySample, roots: [], isConfigured: false };
    return { name, endpoint: { transport: 'http', url, headers, client }, ...added };
  }

  private withCredential(caller: Person, target: ServerTarget, sealed: string | undefined): ServerTarget {
    const { endpoint, name } = target;
    if (endpoint.transport !== 'http' || sealed === undefined) return target;
    const opened = this.sealer.open(sealed, credentialPlace(caller, name, endpoint.url));
    if (opened === undefined) return target;
    const { headers } = JSON.parse(opened) as { readonly headers: Readonly<Record<string, string>> };
    return { ...target, endpoint: { ...endpoint, headers: merged(endpoint.headers, headers) } };
  }

  private seal(text: string, place: string): string {
    if (this.sealer.isAvailable) return this.sealer.seal(text, place);
    throw new AppError(
      'STATE_CONFLICT',
      'This server keeps no secrets: its operator has not set SECRETS_KEY.',
    );
  }
}

/** A person's own header stands in place of everybody's of that name. */
function merged(
  shared: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const rest = Object.entries(shared).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(rest), ...own };
}

/** What is sealed is for one organisation and one address. */
function headersPlace({ org }: Person, { id, url }: Pick<StoredServer, 'id' | 'url'>): string {
  return JSON.stringify(['mcp headers', org, id, url]);
}

/** The same for what an authorization server knows this one by. */
function clientPlace({ org }: Person, { id, url }: Pick<StoredServer, 'id' | 'url'>): string {
  return JSON.stringify(['mcp client', org, id, url]);
}

/** What is sealed is for one person and one address. */
function credentialPlace({ org, id }: Person, server: string, url: string): string {
  return JSON.stringify(['mcp credential', org, id, server, url]);
}

function disabledReport({ name, endpoint }: McpServerSettings): ServerReport {
  const nothingKnown = { protocolVersion: null, tools: 0, resources: 0, prompts: 0 };
  return { name, transport: endpoint.transport, status: 'disabled', ...nothingKnown };
}

function nameTaken(name: string): AppError {
  return new AppError('STATE_CONFLICT', `There is a server ${name} already: choose another name.`);
}

function nothing(name: string): AppError {
  return new AppError('NOT_FOUND', `There is no MCP server ${JSON.stringify(name.slice(0, 32))}.`);
}
