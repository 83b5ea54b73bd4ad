import type { ResultPart } from '../../kernel/index.js';
import type { ToolOutput } from './tool-output.js';

/** What came of a call, as it is stored with it, told to watchers and given to the model. */
export interface ToolCallResult {
  readonly ok: boolean;
  /** The text for the model and for whoever reads along. */
  readonly content: string;
  /** Absent where the text is all of it. */
  readonly parts?: readonly ResultPart[];
  readonly structured?: unknown;
  /** The result was longer than what is kept of it. */
  readonly truncated?: true;
  readonly durationMs: number;
}

/** UTF-16 code units of a result that a model is given at once. */
export const MAX_MODEL_CHARS = 16_000;
/** How much of that is the end of a longer result. */
const TAIL_CHARS = 2_000;

/** The result of a call that could not be carried out, in words that the model can act on. */
export function failedResult(words: string, durationMs = 0): ToolCallResult {
  return { ok: false, content: words, durationMs };
}

/** What of an output is kept, within the tool's bound. */
export function resultOf(output: ToolOutput, maxChars: number, durationMs: number): ToolCallResult {
  const { parts, isCut } = bounded(output.parts, maxChars);
  const { structured } = output;
  const keepsStructured = structured !== undefined && JSON.stringify(structured).length <= maxChars;
  const isTextOnly = parts.length === 1 && parts[0]?.type === 'text';
  return {
    ok: output.ok,
    content: parts.map(wordsOf).join('\n\n'),
    ...(isTextOnly ? {} : { parts }),
    ...(keepsStructured && { structured }),
    ...((isCut || (structured !== undefined && !keepsStructured)) && { truncated: true as const }),
    durationMs,
  };
}

/** What a model is given of a result at once: all of it, or its head and its tail, and how to read the rest. */
export function textForModel(content: string, callId: string): string {
  if (content.length <= MAX_MODEL_CHARS) return content;
  const head = content.slice(0, MAX_MODEL_CHARS - TAIL_CHARS).toWellFormed();
  const tail = content.slice(-TAIL_CHARS).toWellFormed();
  const cut = content.length - head.length - tail.length;
  return `${head}\n\n[${cut} characters are left out here. Read them with read_result, callId ${JSON.stringify(callId)}, from offset ${head.length}.]\n\n${tail}`;
}

function bounded(parts: readonly ResultPart[], maxChars: number) {
  const kept: ResultPart[] = [];
  let left = maxChars;
  let isCut = false;
  for (const part of parts) {
    const size = sizeOf(part);
    if (size <= left) kept.push(part);
    else {
      isCut = true;
      if (part.type === 'text' && left > 0)
        kept.push({ type: 'text', text: part.text.slice(0, left).toWellFormed() });
    }
    left = Math.max(0, left - size);
  }
  return { parts: kept, isCut };
}

function sizeOf(part: ResultPart): number {
  switch (part.type) {
    case 'text':
      return part.text.length;
    case 'image':
    case 'audio':
      return part.data.length;
    case 'resource':
      return part.uri.length + part.text.length;
    case 'resource_link':
      return part.uri.length + part.name.length;
  }
}

/** A part in words, for models that only read. */
function wordsOf(part: ResultPart): string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'image':
    case 'audio':
      return `[${part.type}: ${part.mediaType}]`;
    case 'resource':
      return part.text;
    case 'resource_link':
      return `[${part.name}](${part.uri})`;
  }
}
