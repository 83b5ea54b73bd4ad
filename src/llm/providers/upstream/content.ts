import { holdsUnknown } from './unknown-fields.js';

export type Kind = 'text' | 'reasoning';

/** Who is told what a content says. */
export interface ContentReader {
  say(kind: Kind, text: string): void;
  /** The words in which the model says no. */
  refuse(text: string): void;
  /** A tool call among the parts of the content. */
  call(part: object): void;
  /** There is something that has no words. */
  cannotRead(): void;
}

type Part = Readonly<Record<string, unknown>>;

const DEEPEST = 6;
/** Parts that belong to an answer without being any of its words: seals, references, and what the provider did itself. */
const SILENT =
  /^(?:redacted_thinking|reasoning\.encrypted|signature(?:_delta)?|citations?(?:_delta)?|(?:tool_)?reference|annotations?|compaction(?:_delta)?|server_tool_use|mcp_tool_use|.*tool_result)$/;
const THOUGHT = /think|reasoning|thought|summary/;
const SAID = /^(?:text|output_text|input_text|text_delta|output_text_delta|markdown|paragraph)$/;
const CALLED = /^(?:tool_use|tool_call|tool-call|function|function_call)$/;
/** Where a part has its words; one of text may have them under the name of its kind. */
const WORDS = ['text', 'content', 'value', 'output_text'];
const NONE: ReadonlySet<string> = new Set();
const WORDLESS = /image|audio|video|file|document/;

/**
 * Reads a content of any known shape: a text, a part, or a list of them. What is empty or absent says nothing; what has no
 * known shape `reader` is told of.
 */
export function readContent(content: unknown, kind: Kind, reader: ContentReader, depth = 0): void {
  if (typeof content === 'string') {
    if (content !== '') reader.say(kind, content);
  } else if (content === undefined || content === null) return;
  else if (typeof content !== 'object' || depth > DEEPEST) reader.cannotRead();
  else if (Array.isArray(content)) for (const part of content) readContent(part, kind, reader, depth + 1);
  else readPart(content as Part, kind, reader, depth + 1);
}

function readPart(part: Part, kind: Kind, reader: ContentReader, depth: number): void {
  const type = typeof part['type'] === 'string' ? part['type'].toLowerCase() : '';
  if (SILENT.test(type)) return;
  if (CALLED.test(type)) return reader.call(part);
  if (type === 'refusal') return readRefusal(part['refusal'] ?? part['text'], reader);
  if (WORDLESS.test(type)) return reader.cannotRead();
  if (THOUGHT.test(type)) return readContent(thoughtsIn(part), 'reasoning', reader, depth);
  const fields = SAID.test(type) ? [...WORDS, type] : WORDS;
  const field = fields.find((name) => part[name]) ?? fields.find((name) => isThere(part[name]));
  if (field !== undefined) return readContent(part[field], kind, reader, depth);
  if (isThought(part)) return readContent(thoughtsIn(part), 'reasoning', reader, depth);
  // A part of text that has nothing in it is an empty one; of another kind nobody knows what it says.
  const isNothing = SAID.test(type) ? !holdsUnknown(part, NONE) : Object.keys(part).length === 0;
  if (!isNothing) reader.cannotRead();
}

/** Says what a refusal of any known shape says. */
export function readRefusal(refusal: unknown, reader: ContentReader): void {
  readContent(refusal, 'text', {
    say: (_kind, text) => reader.refuse(text),
    refuse: (text) => reader.refuse(text),
    call: () => reader.cannotRead(),
    cannotRead: () => reader.cannotRead(),
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
