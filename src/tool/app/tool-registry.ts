import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { BUILTIN_TOOLS, type Tool } from '../ports/tool.js';
import { isNamed, withApproval } from './approval-policy.js';
import { McpServers, type ToolListing } from './mcp-servers.js';

/** Which tools are meant: all of them, none, or those of these names; `server__*` names all of one server. */
export type ToolSelection = boolean | readonly string[];

type Policies = Config['TOOL_APPROVAL'];

/** Stands between the name of a server and that of its tool. */
const OF_SERVER = '__';

/** The tools that there are for a user: the server's own, and those of the MCP servers that the user may use. */
@Injectable()
export class ToolRegistry {
  private readonly own: ReadonlyMap<string, Tool>;
  private readonly policies: Policies;

  constructor(
    @Inject(BUILTIN_TOOLS) builtin: readonly Tool[],
    @Inject(CONFIG) { TOOL_APPROVAL }: Pick<Config, 'TOOL_APPROVAL'>,
    @Inject(McpServers) private readonly servers: Pick<McpServers, 'tools' | 'listings'>,
  ) {
    this.policies = TOOL_APPROVAL;
    this.own = new Map(builtin.map((tool) => [tool.definition.name, this.withPolicy(tool)]));
    if (this.own.size !== builtin.length) throw new Error('two tools have the same name');
  }

  /** What the user may use: the server's own, then those of each MCP server. */
  of(caller: Caller): Promise<readonly Tool[]> {
    return this.select(caller, true);
  }

  /** The one of that name, if the user may use it. */
  async find(caller: Caller, name: string): Promise<Tool | undefined> {
    const found = await this.select(caller, [name]);
    return found.find(({ definition }) => definition.name === name);
  }

  /** Those of the user's tools that every selection takes. No server is asked that none of them names. */
  async select(caller: Caller, ...selections: readonly ToolSelection[]): Promise<readonly Tool[]> {
    const isTaken = ({ definition: { name } }: Tool) =>
      selections.every((selection) => takes(selection, name));
    const own = [...this.own.values()].filter(isTaken);
    if (!selections.every(mayTakeForeign)) return own;
    const isWanted = (server: string) => selections.every((selection) => mayTakeOf(selection, server));
    const foreign = await this.servers.tools(caller, isWanted);
    return [...own, ...foreign.map((tool) => this.withPolicy(tool)).filter(isTaken)];
  }

  /** Those of the names that mean no tool of the user's. Any name may be a tool's of a server that does not say now what it has. */
  async unknown(caller: Caller, names: readonly string[]): Promise<readonly string[]> {
    const own = [...this.own.keys()];
    const left = names.filter((name) => !own.some((one) => isNamed(name, one)));
    if (!mayTakeForeign(left)) return left;
    const listings = await this.servers.listings(caller, (server) => mayTakeOf(left, server));
    return left.filter((name) => !listings.some((listing) => mayMean(name, listing)));
  }

  /** The tool under the operator's policy, where there is one. */
  private withPolicy(tool: Tool): Tool {
    const { name, server } = tool.definition;
    const ofServer = server && this.policies?.get(`${server.name}${OF_SERVER}*`);
    return withApproval(tool, this.policies?.get(name) ?? ofServer ?? this.policies?.get('*'));
  }
}

function takes(selection: ToolSelection, name: string): boolean {
  if (typeof selection === 'boolean') return selection;
  return selection.some((one) => isNamed(one, name));
}

function mayMean(name: string, { server, tools }: ToolListing): boolean {
  if (!mayTakeOf([name], server)) return false;
  if (tools === undefined || name === `${server}${OF_SERVER}*`) return true;
  return tools.some(({ definition }) => isNamed(name, definition.name));
}

function mayTakeForeign(selection: ToolSelection): boolean {
  if (typeof selection === 'boolean') return selection;
  return selection.some((one) => one.includes(OF_SERVER));
}

function mayTakeOf(selection: ToolSelection, server: string): boolean {
  if (typeof selection === 'boolean') return selection;
  return selection.some((one) => one.startsWith(`${server}${OF_SERVER}`));
}
