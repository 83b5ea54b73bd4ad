import type { Tool, ToolDefinition } from '../../src/tool/index.js';

/** A tool that counts its calls, and does with each what it is told to. */
export function countingTool(
  name: string,
  change: Partial<Pick<ToolDefinition, 'approval' | 'description'>> & { readonly idempotent?: boolean } = {},
  act: (signal: AbortSignal, count: number) => Promise<string> = (_, count) =>
    Promise.resolve(`${name} ${count}`),
): Tool & { readonly counted: string[] } {
  const { idempotent = false, ...rest } = change;
  const counted: string[] = [];
  const definition: ToolDefinition = {
    ...{ name, title: `Count ${name}`, description: 'Counts.', approval: 'never' },
    parameters: { type: 'object', properties: { by: { type: 'integer' } }, additionalProperties: false },
    annotations: { readOnly: false, idempotent, destructive: false, openWorld: false },
    limits: { idleMs: 10_000, totalMs: 10_000, maxResultChars: 2_000_000 },
    ...rest,
  };
  return {
    definition,
    counted,
    async *call(_args, { callId }, signal) {
      counted.push(callId);
      return { ok: true, parts: [{ type: 'text', text: await act(signal, counted.length) }] };
    },
  };
}
