import { newId, type RequestedInput, type ResolvedInput, type ToolCall } from '../../kernel/index.js';
import { argumentsHash, type Tool } from '../../tool/index.js';

/** How long a person has to agree to a call, in milliseconds. */
const APPROVAL_MS = 24 * 3_600_000;
/** UTF-16 code units of arguments that the question to a person shows. */
const MAX_PROMPT_CHARS = 10_000;

/** What was said against a call. It stands, whatever the definition has become; an agreement is to one definition. */
export function refusalOf(
  call: ToolCall,
  inputs: ReadonlyMap<string, ResolvedInput>,
): ResolvedInput | undefined {
  const prefix = approvalsOf(call);
  const isOfCall = (key: string) => key.startsWith(prefix) && !key.slice(prefix.length).includes(':');
  for (const [key, resolved] of inputs) if (isOfCall(key) && resolved.outcome !== 'accepted') return resolved;
  return undefined;
}

/** What a person is asked before the call is made. */
export function approvalOf(call: ToolCall, tool: Tool, key: string): RequestedInput {
  const { title, parameters, server } = tool.definition;
  const whose = server === undefined ? title : `${title}, a tool of the MCP server ${server.name},`;
  return {
    id: newId(),
    key,
    kind: 'tool_approval',
    callId: call.id,
    ...(server !== undefined && { server: server.name }),
    prompt: `May ${whose} be called with these arguments?\n\n${shownToPerson(call.arguments)}`,
    schema: {
      type: 'object',
      properties: { arguments: { ...parameters, description: 'Other arguments to call it with.' } },
      additionalProperties: false,
    },
    expiresAt: new Date(Date.now() + APPROVAL_MS).toISOString(),
  };
}

/** Whoever agrees to more than can be shown here is told so. */
function shownToPerson(args: string): string {
  const left = args.length - MAX_PROMPT_CHARS;
  if (left <= 0) return args.toWellFormed();
  const shown = args.slice(0, MAX_PROMPT_CHARS).toWellFormed();
  return `${shown}\n\n[${left} more characters are left out here. The call's event has all of them.]`;
}

/** What all that people have said of a call begins with. */
function approvalsOf({ id }: ToolCall): string {
  return `approval:${id}:`;
}

/** What an agreement is known by: it is to the call with these arguments, and to the tool as it is defined. */
export function approvalKey(call: ToolCall, hash: string): string {
  return `${approvalsOf(call)}${hash}.${argumentsHash(call.arguments)}`;
}

/** What the model is told where there is nothing that could wait. */
export const NOBODY_TO_ASK =
  'This call was not made: the user would have to agree to it, and cannot be asked here. Say so, and go on without it.';
