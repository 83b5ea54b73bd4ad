import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { BUILTIN_TOOLS, type Tool } from '../ports/tool.js';
import { isNamed, withApproval } from './approval-policy.js';

/** Which tools are meant: all of them, none, or those of these names; `server__*` names all of one server. */
export type ToolSelection = boolean | readonly string[];

/** The tools that there are for a user. */
@Injectable()
export class ToolRegistry {
  private readonly tools: ReadonlyMap<string, Tool>;

  constructor(
    @Inject(BUILTIN_TOOLS) builtin: readonly Tool[],
    @Inject(CONFIG) { TOOL_APPROVAL: policies }: Pick<Config, 'TOOL_APPROVAL'>,
  ) {
    const named = builtin.map((tool): [string, Tool] => {
      const { name } = tool.definition;
      return [name, withApproval(tool, policies?.get(name) ?? policies?.get('*'))];
    });
    this.tools = new Map(named);
    if (this.tools.size !== builtin.length) throw new Error('two tools have the same name');
  }

  /** What the user may use, by name. */
  of(_caller: Caller): readonly Tool[] {
    return [...this.tools.values()];
  }

  /** The one of that name, if the user may use it. */
  find(_caller: Caller, name: string): Tool | undefined {
    return this.tools.get(name);
  }

  /** Those of the user's tools that every selection takes. */
  select(caller: Caller, ...selections: readonly ToolSelection[]): readonly Tool[] {
    return this.of(caller).filter(({ definition }) =>
      selections.every((selection) => takes(selection, definition.name)),
    );
  }
}

function takes(selection: ToolSelection, name: string): boolean {
  if (typeof selection === 'boolean') return selection;
  return selection.some((one) => isNamed(one, name));
}
