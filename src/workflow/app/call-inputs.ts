import { newId, type RequestedInput, type ToolCall, type ToolCallTold } from '../../kernel/index.js';
import type { Tool, ToolQuestion } from '../../tool/index.js';

/** A call as watchers are told of it. */
export function toldOfCall(
  { id: callId, name, arguments: args }: ToolCall,
  tool: Tool | undefined,
  status: ToolCallTold['data']['status'],
): ToolCallTold['data'] {
  const { title, server } = tool?.definition ?? {};
  const known = {
    ...(title !== undefined && { title }),
    ...(server !== undefined && { server: server.name }),
  };
  return { callId, name, ...known, arguments: args, status };
}

/** What a call asks a person while it is made. */
export function questionInput(
  call: ToolCall,
  tool: Tool | undefined,
  leg: number,
  { key, kind, prompt, schema, mode, url, heldBy, answerMs }: ToolQuestion,
): RequestedInput {
  const server = tool?.definition.server?.name;
  return {
    ...{ id: newId(), key: `question:${leg}:${call.id}:${key}`, kind, callId: call.id, prompt, schema },
    ...(mode !== undefined && { mode }),
    ...(server !== undefined && { server }),
    ...(url !== undefined && { url }),
    ...(heldBy !== undefined && { heldBy }),
    expiresAt: new Date(Date.now() + answerMs).toISOString(),
  };
}

/** Whether its calls change nothing, or no more when they are made twice. */
export function isHarmless({ definition: { annotations, server } }: Tool): boolean {
  // What a server says of itself counts where the operator believes it.
  const isBelieved = server === undefined || server.isTrusted;
  return isBelieved && (annotations.readOnly || annotations.idempotent);
}

/** UTF-16 code units of a result's parts or of its structured form up to which the event has them. */
const MAX_EVENT_CHARS = 64_000;

/** What the event of a result has of it. */
export function smallEnough<Value>(value: Value | undefined): Value | undefined {
  return value !== undefined && JSON.stringify(value).length <= MAX_EVENT_CHARS ? value : undefined;
}
