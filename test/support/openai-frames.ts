import type { ModelPart } from '../../src/llm/ports/language-model.js';
import { OpenAiAnswerReader } from '../../src/llm/providers/openai/openai-stream.js';

/** A text as it comes over a socket. */
export const bytes = (text: string) => Buffer.from(text);
/** One frame of the stream, as the server writes it. */
export const frame = (chunk: object) => `data: ${JSON.stringify(chunk)}\n\n`;
/** A frame with a piece of the answer. */
export const delta = (content: object) => frame({ choices: [{ index: 0, delta: content }] });
/** The frame that says why the answer ends. */
export const finish = (reason: string) =>
  frame({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
/** The last frame of a stream. */
export const DONE = 'data: [DONE]\n\n';

/** All parts of what comes in these reads. */
export function read(...reads: readonly (string | Uint8Array)[]): readonly ModelPart[] {
  const reader = new OpenAiAnswerReader({ provider: 'openai', inputCharacters: 40 });
  const parts = reads.flatMap((piece) => reader.feed(typeof piece === 'string' ? bytes(piece) : piece));
  return [...parts, ...reader.end()];
}
