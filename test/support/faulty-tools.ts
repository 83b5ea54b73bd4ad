import type { Tool, ToolDefinition } from '../../src/tool/index.js';

/** The environment variable with the address of whoever never answers. */
export const LINE_URL = 'SILENT_LINE_URL';
/** What a call of `hold_briefly` may take, in milliseconds. */
export const BRIEFLY_MS = 300;

const SECOND_MS = 1_000;

/** Tools in which calls go wrong: one that breaks, and two that wait for an answer that does not come. */
export function faultyTools(): readonly Tool[] {
  return [
    { definition: definitionOf('break_down', SECOND_MS), call: breakDown },
    { definition: definitionOf('hold_briefly', BRIEFLY_MS), call: hold },
    { definition: definitionOf('hold_on', 60 * SECOND_MS), call: hold },
  ];
}

function definitionOf(name: string, totalMs: number): ToolDefinition {
  return {
    ...{ name, title: name, description: 'Goes wrong.', approval: 'never' },
    parameters: { type: 'object', properties: { by: { type: 'integer' } }, additionalProperties: false },
    annotations: { readOnly: false, idempotent: false, destructive: false, openWorld: true },
    limits: { idleMs: totalMs, totalMs, maxResultChars: 1_000 },
  };
}

const breakDown: Tool['call'] = async function* () {
  await Promise.reject(new Error('secret words'));
  return { ok: true, parts: [] };
};

const hold: Tool['call'] = async function* (_args, { turnId, callId }, signal) {
  const response = await fetch(`${process.env[LINE_URL]}/${turnId}/${callId}`, { signal });
  return { ok: true, parts: [{ type: 'text', text: await response.text() }] };
};
