import type { ApprovalPolicy, Tool } from '../ports/tool.js';

const STRICTNESS: Readonly<Record<ApprovalPolicy, number>> = { never: 0, ask: 1, always: 2 };

/** Policies by the names of tools; `server__*` means all of one server, `*` all. */
export type ApprovalPolicies = Readonly<Record<string, ApprovalPolicy>>;

/** The tool under this policy, where there is one. */
export function withApproval(tool: Tool, approval: ApprovalPolicy | undefined): Tool {
  if (approval === undefined || approval === tool.definition.approval) return tool;
  return {
    definition: { ...tool.definition, approval },
    call: (args, context, signal) => tool.call(args, context, signal),
  };
}

/** The tool under the strictest of its own policy and of those that mean it: none of them makes it looser. */
export function withStricterApproval(tool: Tool, policies: ApprovalPolicies): Tool {
  const { name, approval } = tool.definition;
  const meant = Object.entries(policies).filter(([named]) => named === '*' || isNamed(named, name));
  const strictest = [approval, ...meant.map(([, policy]) => policy)].reduce((one, other) =>
    STRICTNESS[other] > STRICTNESS[one] ? other : one,
  );
  return withApproval(tool, strictest);
}

/** Whether the text is the name of the tool, or means all tools of its server. */
export function isNamed(named: string, name: string): boolean {
  return named === name || (named.endsWith('__*') && name.startsWith(named.slice(0, -1)));
}
