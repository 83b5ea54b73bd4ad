import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Tool } from '../../src/tool/index.js';

/** Characters of a line of the large result, with its end. */
export const LINE_CHARS = 16;

/** Lines that are written at once: whatever is held up here would be said of the server. */
const LINES_AT_ONCE = 10_000;

/** The line that stands at so many lines from the beginning. */
export function lineAt(number: number): string {
  return `line ${String(number).padStart(LINE_CHARS - 6, '0')}\n`;
}

/** Returns so many megabytes of numbered lines, or an image of so many bytes. */
export const LARGE_RESULT: Tool = {
  definition: {
    ...{ name: 'say_much', title: 'Say much', description: 'Says much.', approval: 'never' },
    parameters: {
      type: 'object',
      properties: { megabytes: { type: 'integer' }, imageBytes: { type: 'integer' } },
      additionalProperties: false,
    },
    annotations: { readOnly: true, idempotent: true, destructive: false, openWorld: false },
    limits: { idleMs: 60_000, totalMs: 60_000, maxResultChars: 32_000_000 },
  },
  async *call({ megabytes, imageBytes }) {
    yield* await Promise.resolve([]);
    if (typeof imageBytes === 'number') {
      const bytes = Buffer.alloc(imageBytes, 1);
      bytes.write('\x89PNG\r\n\x1a\n', 'latin1');
      return { ok: true, parts: [{ type: 'image', mediaType: 'image/png', data: bytes.toString('base64') }] };
    }
    const bytes = Buffer.alloc(Number(megabytes) * 1_000_000);
    for (let line = 0; line < bytes.length / LINE_CHARS; line += 1) {
      bytes.write(lineAt(line), line * LINE_CHARS, 'latin1');
      if (line % LINES_AT_ONCE === 0) await turnOfTheLoop();
    }
    return { ok: true, parts: [{ type: 'text', text: bytes.toString('latin1') }] };
  },
};
