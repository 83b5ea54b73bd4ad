import { newId } from '../../src/kernel/index.js';
import { KeepResult } from '../../src/tool/app/keep-result.js';
import type { ToolOutput } from '../../src/tool/core/tool-output.js';
import type { Tool, ToolContext, ToolDefinition, ToolProgress } from '../../src/tool/ports/tool.js';
import { MemoryStoredResults } from '../doubles/memory-stored-results.js';
import { newUser } from './callers.js';

/** A definition that is complete, but for what a test is about. */
export function definitionOf(change: Partial<ToolDefinition> = {}): ToolDefinition {
  return {
    name: 'count_up',
    title: 'Count up',
    description: 'Adds to a number that it keeps.',
    parameters: {
      type: 'object',
      properties: { by: { type: 'integer', minimum: 1 }, note: { type: 'string' } },
      required: ['by'],
      additionalProperties: false,
    },
    annotations: { readOnly: false, idempotent: false, destructive: false, openWorld: false },
    approval: 'never',
    limits: { idleMs: 5_000, totalMs: 20_000, maxResultChars: 1_000 },
    ...change,
  };
}

/** A tool that does what the test says. */
export function toolOf(
  call: (signal: AbortSignal) => AsyncGenerator<ToolProgress, ToolOutput, undefined>,
  change: Partial<ToolDefinition> = {},
): Tool {
  return { definition: definitionOf(change), call: (_args, _context, signal) => call(signal) };
}

/** A tool that comes to this output at once. */
export function toolThatSays(output: ToolOutput, change: Partial<ToolDefinition> = {}): Tool {
  return toolOf(async function* () {
    yield* await Promise.resolve([]);
    return output;
  }, change);
}

/** The output of a tool that says one thing. */
export function saying(text: string, ok = true): ToolOutput {
  return { ok, parts: [{ type: 'text', text }] };
}

/** What makes results of outputs, over a store in memory. */
export function keepResult(results = new MemoryStoredResults()): KeepResult {
  return new KeepResult(results);
}

/** A call that somebody makes in a thread of theirs. */
export function contextOf(change: Partial<ToolContext> = {}): ToolContext {
  return { caller: newUser(), turnId: newId(), threadId: newId(), callId: newId(), ...change };
}

/** For a registry that has tools of its own only. */
export const NO_SERVERS = { tools: () => Promise.resolve([]), listings: () => Promise.resolve([]) };
