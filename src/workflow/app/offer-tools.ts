import { Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import type { ToolDefinition } from '../../llm/index.js';
import { Approvals, definitionHash, ToolRegistry, type Tool } from '../../tool/index.js';
import { unknownTool } from './unknown-tool.js';

/** A tool that a client offers to the model it asks, and who runs it. */
export type OfferedTool =
  | { readonly runBy: 'client'; readonly definition: ToolDefinition }
  /** It must be there, and nobody may have to be asked before. */
  | { readonly runBy: 'server'; readonly name: string }
  /** The server where it knows the name, under its own definition. */
  | { readonly runBy: 'either'; readonly definition: ToolDefinition };

/** The tools that a model may call, by who runs them. */
export interface ToldTools {
  readonly own: readonly Tool[];
  readonly clients: readonly ToolDefinition[];
}

/** Says which tools a model may call where a client keeps the conversation, and nobody can be asked to agree to a call. */
@Injectable()
export class OfferTools {
  constructor(
    private readonly registry: ToolRegistry,
    private readonly approvals: Approvals,
  ) {}

  /** Throws `UNKNOWN_TOOL` for one of the server's that there is not, `VALIDATION_FAILED` for one that needs an approval. */
  async to(caller: Caller, offered: readonly OfferedTool[]): Promise<ToldTools> {
    const names = offered.flatMap((one) => (one.runBy === 'client' ? [] : [nameOf(one)]));
    const known = names.length === 0 ? [] : await this.registry.select(caller, names);
    const tools = new Map(known.map((tool) => [tool.definition.name, tool]));
    const told = await Promise.all(offered.map((one) => this.told(caller, one, tools)));
    return { own: told.flatMap(({ own }) => own), clients: told.flatMap(({ clients }) => clients) };
  }

  private async told(
    caller: Caller,
    offered: OfferedTool,
    tools: ReadonlyMap<string, Tool>,
  ): Promise<ToldTools> {
    if (offered.runBy === 'client') return { own: [], clients: [offered.definition] };
    const isOptional = offered.runBy === 'either';
    const name = nameOf(offered);
    const tool = tools.get(name);
    if (tool === undefined) {
      if (isOptional) return { own: [], clients: [offered.definition] };
      throw unknownTool(name);
    }
    const isFree = await this.isFree(caller, tool);
    if (!isFree && !isOptional) throw needsApproval(name);
    return { own: isFree ? [tool] : [], clients: [] };
  }

  /** Whether it may be called without asking anybody. */
  private async isFree(caller: Caller, { definition }: Tool): Promise<boolean> {
    if (definition.approval !== 'ask') return definition.approval === 'never';
    return this.approvals.isRemembered(caller, definition.name, definitionHash(definition));
  }
}

function nameOf(offered: Exclude<OfferedTool, { runBy: 'client' }>): string {
  return offered.runBy === 'either' ? offered.definition.name : offered.name;
}

function needsApproval(name: string): AppError {
  return new AppError(
    'VALIDATION_FAILED',
    `Calls of ${name} need the approval of a person, who cannot be asked here. Leave it out, or use it in a thread.`,
    { details: { tool: name } },
  );
}
