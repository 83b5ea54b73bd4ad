import { boundaryBefore, characters, type ResultPart } from '../../kernel/index.js';
import type { ToolSuspension } from './tool-output.js';

/** What came of a call, as it is stored with it, told to watchers and given to the model. */
export interface ToolCallResult {
  readonly ok: boolean;
  /** The text for the model and for whoever reads along; of one that is stored beside it, its head and tail. */
  readonly content: string;
  /** Characters of that text as a whole, where `content` is not all of it. */
  readonly characters?: number;
  /** Absent where the text is all of it. */
  readonly parts?: readonly ResultPart[];
  readonly structured?: unknown;
  /** The result was longer than what is kept of it. */
  readonly truncated?: true;
  readonly durationMs: number;
  /** There is no result yet: the call goes on when people have answered. */
  readonly suspended?: ToolSuspension | undefined;
}

/** UTF-16 code units of a result that a model is given at once. */
export const MAX_MODEL_CHARS = 16_000;
/** How much of that is the end of a longer result. */
const TAIL_CHARS = 2_000;

/** The result of a call that could not be carried out, in words that the model can act on. */
export function failedResult(words: string, durationMs = 0): ToolCallResult {
  return { ok: false, content: words, durationMs };
}

/**
 * What a model is given of a result at once: all of it, or its head and its tail, and how to read the rest. Without an
 * id the rest cannot be read. It counts characters as `read_result` does, which are code points. `whole`: how many there
 * are, where the content is not all of them.
 */
export function textForModel(
  content: string,
  callId: string | undefined,
  whole: number | undefined = undefined,
): string {
  if (content.length <= MAX_MODEL_CHARS) return content;
  const [head, tail] = endsOf(content, MAX_MODEL_CHARS);
  const offset = characters(head);
  const cut = (whole ?? characters(content)) - offset - characters(tail);
  const how =
    callId === undefined
      ? ''
      : ` Read them with read_result, callId ${JSON.stringify(callId)}, from offset ${offset}.`;
  return `${head}\n\n[${cut} characters are left out here.${how}]\n\n${tail}`;
}

/** The head and the tail of a text of so many characters, with what says so between them: `maxChars` of its code units. */
export function cutMiddle(text: string, maxChars: number, whole: number): string {
  const [head, tail] = endsOf(text, maxChars);
  const cut = whole - characters(head) - characters(tail);
  return `${head}\n\n[${cut} characters are left out here.]\n\n${tail}`;
}

/** The beginning and the end of a text that is longer than `maxChars`. */
function endsOf(text: string, maxChars: number): readonly [string, string] {
  return [
    text.slice(0, boundaryBefore(text, maxChars - TAIL_CHARS)),
    text.slice(boundaryBefore(text, text.length - TAIL_CHARS)),
  ];
}
