import { addTools, built } from '../../test/support/add-tools.ts';
import { LINES, SAY, type Kind } from './large-texts.ts';

/* The built server with one more tool, whose results are as large as it is asked for, and cost the tool itself next to nothing. */

const texts = new Map<string, string>();

/** Made once, so that it is not the making that holds up others. */
function textOf(kind: Kind, bytes: number): string {
  const key = `${kind} ${bytes}`;
  const line = LINES[kind];
  const text = texts.get(key) ?? line.repeat(Math.floor(bytes / Buffer.byteLength(line)));
  texts.set(key, text);
  return text;
}

await addTools([
  {
    definition: {
      ...{ name: SAY, title: 'Say much', description: 'Says much.', approval: 'never' },
      parameters: {
        type: 'object',
        properties: { kind: { enum: Object.keys(LINES) }, bytes: { type: 'integer' } },
        required: ['kind', 'bytes'],
      },
      annotations: { readOnly: true, idempotent: true, destructive: false, openWorld: false },
      limits: { idleMs: 60_000, totalMs: 60_000, maxResultChars: 32_000_000 },
    },
    async *call({ kind, bytes }) {
      const text = await Promise.resolve(textOf(kind as Kind, Number(bytes)));
      return { ok: true, parts: [{ type: 'text', text }] };
    },
  },
]);
await built('main.js');
