import { createHash } from 'node:crypto';
import type { Tool as ForeignTool } from '@modelcontextprotocol/client';
import { yieldToEventLoop } from '../../../kernel/index.js';
import { foreignSchemaProblem } from '../../../platform/json-schema/index.js';
import { foreignNames } from '../../core/foreign-names.js';
import type { ToolDefinition, ToolServer } from '../../ports/tool.js';

/** How many tools of one server models may call. */
export const MAX_TOOLS = 256;
const MAX_DESCRIPTION = 4_000;
const MAX_TITLE = 100;
const AT_ONCE = 25;

/** Progress begins the idle time anew. */
const LIMITS = { idleMs: 60_000, totalMs: 600_000, maxResultChars: 10_000_000 };

export interface DefinedTool {
  readonly definition: ToolDefinition;
  readonly foreign: ForeignTool;
}

export interface DefinedTools {
  readonly tools: readonly DefinedTool[];
  /** What was left out and why, in words. */
  readonly problem: string | undefined;
}

/** What a server says of its tools as definitions, in the order of its list: what cannot be called safely is left out. */
export async function defineTools(server: ToolServer, listed: readonly ForeignTool[]): Promise<DefinedTools> {
  const first = listed.slice(0, MAX_TOOLS);
  const names = foreignNames(
    server.name,
    first.map(({ name }) => name),
    shortHash,
  );
  const tools = new Map<string, DefinedTool>();
  const refused: string[] = [];
  for (const [index, foreign] of first.entries()) {
    if (index % AT_ONCE === AT_ONCE - 1) await yieldToEventLoop();
    const called = names.get(foreign.name);
    const problem = called === undefined ? 'has the name of another one' : problemOf(foreign);
    if (called === undefined || problem !== undefined) refused.push(`${shown(foreign.name)} ${problem}`);
    else if (tools.has(called)) refused.push(`${shown(foreign.name)} is listed twice`);
    else tools.set(called, { definition: definitionOf(server, called, foreign), foreign });
  }
  return { tools: [...tools.values()], problem: problemWith(listed.length, refused) };
}

function problemOf({ inputSchema }: ForeignTool): string | undefined {
  const problem = foreignSchemaProblem(inputSchema);
  return problem === undefined ? undefined : `has parameters whose schema ${problem}`;
}

function problemWith(count: number, refused: readonly string[]): string | undefined {
  const [first] = refused;
  const words = [
    ...(count > MAX_TOOLS ? [`It has ${count} tools, of which the first ${MAX_TOOLS} can be called.`] : []),
    ...(first === undefined ? [] : [`${refused.length} of its tools cannot be called: ${first}.`]),
  ];
  return words.length === 0 ? undefined : words.join(' ');
}

function definitionOf(server: ToolServer, name: string, foreign: ForeignTool): ToolDefinition {
  const { annotations = {}, inputSchema } = foreign;
  const title = oneLine(foreign.title ?? annotations.title ?? foreign.name)
    .slice(0, MAX_TITLE)
    .toWellFormed();
  return {
    name,
    title: title === '' ? name : title,
    description: describe(server, foreign.description ?? ''),
    parameters: { ...inputSchema, properties: inputSchema['properties'] ?? {} },
    annotations: {
      readOnly: annotations.readOnlyHint ?? false,
      idempotent: annotations.idempotentHint ?? false,
      destructive: annotations.destructiveHint ?? true,
      openWorld: annotations.openWorldHint ?? true,
    },
    // Others have written it, and what it does is for a person to see first, unless the operator says otherwise.
    approval: 'ask',
    limits: LIMITS,
    server,
  };
}

/** The server's words, with whose they are before them. */
function describe({ name }: ToolServer, words: string): string {
  const own = words.toWellFormed().replaceAll('\0', '').trim();
  const cut = own.length > MAX_DESCRIPTION ? `${own.slice(0, MAX_DESCRIPTION).toWellFormed()} […]` : own;
  return `Tool of the MCP server ${name}.${cut === '' ? '' : ` In its words: ${cut}`}`;
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 64).toWellFormed());
}

function oneLine(words: string): string {
  return words.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
