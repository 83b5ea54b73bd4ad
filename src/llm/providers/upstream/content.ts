import { hasUnknownField } from './unknown-fields.js';

export type Kind = 'text' | 'reasoning';

/** Receives the parts of a content. */
export interface ContentReader {
  say(kind: Kind, text: string): void;
  /** The text with which the model refuses. */
  refuse(text: string): void;
  /** A tool call among the parts of the content. */
  call(part: object): void;
  /** There is content that is not text. */
  markUnreadable(): void;
}

type Part = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 6;
/** Parts of an answer that have no text of it: signatures, references, and what the provider did itself. */
const SILENT =
  /^(?:redacted_thinking|reasoning\.encrypted|signature(?:_delta)?|citations?(?:_delta)?|(?:tool_)?reference|annotations?|compaction(?:_delta)?|server_tool_use|mcp_tool_use|.*tool_result)$/;
const THOUGHT = /think|reasoning|thought|summary/;
const SAID = /^(?:text|output_text|input_text|text_delta|output_text_delta|markdown|paragraph)$/;
const CALLED = /^(?:tool_use|tool_call|tool-call|function|function_call)$/;
/** Where a part has its text; a text part may have it under the name of its type. */
const WORDS = ['text', 'content', 'value', 'output_text'];
const NONE: ReadonlySet<string> = new Set();
const NON_TEXT = /image|audio|video|file|document/;

/**
 * Reads a content of any known shape: a text, a part, or a list of them. Empty and absent content is skipped; `reader`
 * is told of an unknown shape.
 */
export function readContent(content: unknown, kind: Kind, reader: ContentReader, depth = 0): void {
  if (typeof content === 'string') {
    if (content !== '') reader.say(kind, content);
  } else if (content === undefined || content === null) return;
  else if (typeof content !== 'object' || depth > MAX_DEPTH) reader.markUnreadable();
  else if (Array.isArray(content)) for (const part of content) readContent(part, kind, reader, depth + 1);
  else readPart(content as Part, kind, reader, depth + 1);
}

function readPart(part: Part, kind: Kind, reader: ContentReader, depth: number): void {
  const type = typeof part['type'] === 'string' ? part['type'].toLowerCase() : '';
  if (SILENT.test(type)) return;
  if (CALLED.test(type)) return reader.call(part);
  if (type === 'refusal') return readRefusal(part['refusal'] ?? part['text'], reader);
  if (NON_TEXT.test(type)) return reader.markUnreadable();
  if (THOUGHT.test(type)) return readContent(thoughtsIn(part), 'reasoning', reader, depth);
  const fields = SAID.test(type) ? [...WORDS, type] : WORDS;
  const field = fields.find((name) => part[name]) ?? fields.find((name) => isThere(part[name]));
  if (field !== undefined) return readContent(part[field], kind, reader, depth);
  if (isThought(part)) return readContent(thoughtsIn(part), 'reasoning', reader, depth);
  // A text part without fields is empty; for another type nothing is known about its content.
  const isNothing = SAID.test(type) ? !hasUnknownField(part, NONE) : Object.keys(part).length === 0;
  if (!isNothing) reader.markUnreadable();
}

/** Reads a refusal of any known shape. */
export function readRefusal(refusal: unknown, reader: ContentReader): void {
  readContent(refusal, 'text', {
    say: (_kind, text) => reader.refuse(text),
    refuse: (text) => reader.refuse(text),
    call: () => reader.markUnreadable(),
    markUnreadable: () => reader.markUnreadable(),
  });
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isThought(part: Part): boolean {
  return 'thinking' in part || 'reasoning' in part || 'reasoning_content' in part;
}

function thoughtsIn(part: Part): unknown {
  const { thinking, reasoning, reasoning_content: spoken, summary, text, content } = part;
  return thinking ?? reasoning ?? spoken ?? summary ?? text ?? content;
}
