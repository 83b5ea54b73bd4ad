import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Tool, ToolDefinition } from '../../src/tool/index.js';
import { EFFECTS_URL } from './effects-executor.js';

/** The environment variable with what the tools say of themselves. */
export const DESCRIPTION = 'COUNTED_DESCRIPTION';

const SUPPORT = join(process.cwd(), 'test', 'support');
const HOOKS = pathToFileURL(join(process.cwd(), 'test', 'setup', 'typescript-hooks.mjs')).href;

/** The server whose tools count elsewhere, as arguments of Node. */
export const COUNTING_SERVER: readonly string[] = ['--import', HOOKS, join(SUPPORT, 'tools-process.ts')];

/** A tool whose calls are counted elsewhere. */
export interface Counted extends Pick<ToolDefinition, 'name' | 'approval'> {
  readonly idempotent: boolean;
}

const MOST_MS = 40;
const pause = () => sleep(Math.random() * MOST_MS);

/** A tool that has each call counted at {@link EFFECTS_URL}, and answers with the number it has there. */
export function elsewhere({ name, approval, idempotent }: Counted): Tool {
  return {
    definition: {
      ...{ name, approval, title: name, description: process.env[DESCRIPTION] ?? 'Counts.' },
      parameters: { type: 'object', properties: { by: { type: 'integer' } }, additionalProperties: false },
      annotations: { readOnly: false, idempotent, destructive: false, openWorld: true },
      limits: { idleMs: 10_000, totalMs: 20_000, maxResultChars: 1_000 },
    },
    async *call(_args, { turnId, callId }, signal) {
      await pause();
      const key = encodeURIComponent(`${name} ${callId}`);
      const init = { method: 'POST', signal };
      const response = await fetch(`${process.env[EFFECTS_URL]}/${turnId}/${key}`, init);
      const { number } = (await response.json()) as { readonly number: number };
      await pause();
      return { ok: true, parts: [{ type: 'text', text: String(number) }] };
    },
  };
}
