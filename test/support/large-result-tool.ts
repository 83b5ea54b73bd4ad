import type { Tool } from '../../src/tool/index.js';

/** Characters of a line of the large result, with its end. */
export const LINE_CHARS = 16;

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
    for (let at = 0; at < bytes.length; at += LINE_CHARS) bytes.write(lineAt(at / LINE_CHARS), at, 'latin1');
    return { ok: true, parts: [{ type: 'text', text: bytes.toString('latin1') }] };
  },
};
