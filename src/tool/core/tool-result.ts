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

/**
 * What a model is given of a result at once: all of it, or its head and its tail, and how to read the rest. Without an
 * id the rest cannot be read. It counts characters as `read_result` does, which are code points.
 */
export function textForModel(content: string, callId: string | undefined): string {
  if (content.length <= MAX_MODEL_CHARS) return content;
  const head = content.slice(0, boundary(content, MAX_MODEL_CHARS - TAIL_CHARS));
  const tail = content.slice(boundary(content, content.length - TAIL_CHARS));
  const offset = characters(head);
  const cut = characters(content) - offset - characters(tail);
  const how =
    callId === undefined
      ? ''
      : ` Read them with read_result, callId ${JSON.stringify(callId)}, from offset ${offset}.`;
  return `${head}\n\n[${cut} characters are left out here.${how}]\n\n${tail}`;
}

/** The place, or the one before it where that is in the middle of a character. */
function boundary(text: string, place: number): number {
  return (text.codePointAt(place - 1) ?? 0) > 0xffff ? place - 1 : place;
}

/** How many code points a text has. */
export function characters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at += 1) {
    if (text.codePointAt(at)! <= 0xffff) continue;
    count -= 1;
    at += 1;
  }
  return count;
}

function bounded(parts: readonly ResultPart[], maxChars: number) {
  const kept: ResultPart[] = [];
  let left = maxChars;
  let isCut = false;
  for (const part of parts.map(storable)) {
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

/** What tools return may be anything; a text in Postgres has no NUL and no half of a character. */
function storable(part: ResultPart): ResultPart {
  if (part.type !== 'text' && part.type !== 'resource') return part;
  return { ...part, text: part.text.toWellFormed().replaceAll('\0', '\ufffd') };
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
