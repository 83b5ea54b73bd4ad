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
  const words = part['text'] ?? part['content'] ?? part['value'] ?? part['output_text'];
  if (words !== undefined && words !== null) return readContent(words, kind, reader, depth);
  if (isThought(part)) return readContent(thoughtsIn(part), 'reasoning', reader, depth);
  // A part of text without text is an empty one; of another kind nobody knows what it says.
  if (!SAID.test(type) && Object.keys(part).length > 0) reader.cannotRead();
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

function isThought(part: Part): boolean {
  return 'thinking' in part || 'reasoning' in part || 'reasoning_content' in part;
}

function thoughtsIn(part: Part): unknown {
  const { thinking, reasoning, reasoning_content: spoken, summary, text, content } = part;
  return thinking ?? reasoning ?? spoken ?? summary ?? text ?? content;
}
