import type { Offsets } from '../../kernel/index.js';
import type { ContentType } from './document.js';

/** A heading, a paragraph or a fenced code block, which should not be split. */
export interface Block extends Offsets {
  readonly heading: boolean;
}

/**
 * The blocks of a document in order; only white space is left out between them. `undefined` is not a block but an
 * opportunity to yield to the event loop: there is one at least every {@link LINES_AT_ONCE} lines.
 */
export function blocksOf(content: string, contentType: ContentType): Generator<Block | undefined> {
  return contentType === 'text/markdown' ? markdownBlocks(content) : paragraphs(content);
}

const LINES_AT_ONCE = 1_000;

interface Line extends Offsets {
  readonly text: string;
}

function* linesOf(content: string): Generator<Line | undefined> {
  for (let start = 0, count = 1; start < content.length; count += 1) {
    if (count % LINES_AT_ONCE === 0) yield undefined;
    const newline = content.indexOf('\n', start);
    const end = newline === -1 ? content.length : newline + 1;
    yield { start, end, text: content.slice(start, end).trimEnd() };
    start = end;
  }
}

function* paragraphs(content: string): Generator<Block | undefined> {
  let start: number | undefined;
  let end = 0;
  for (const line of linesOf(content)) {
    if (line === undefined) {
      yield undefined;
    } else if (line.text !== '') {
      start ??= line.start;
      end = line.end;
    } else if (start !== undefined) {
      yield { start, end, heading: false };
      start = undefined;
    }
  }
  if (start !== undefined) yield { start, end, heading: false };
}

const ATX_HEADING = /^ {0,3}#{1,6}(\s|$)/;
const SETEXT_UNDERLINE = /^ {0,3}(=+|-+)$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

function* markdownBlocks(content: string): Generator<Block | undefined> {
  let start: number | undefined;
  let end = 0;
  let fence: string | undefined;
  for (const line of linesOf(content)) {
    if (line === undefined) {
      yield undefined;
      continue;
    }
    const mark = FENCE.exec(line.text)?.[1];
    const closes =
      start !== undefined && fence === undefined && (line.text === '' || ATX_HEADING.test(line.text));
    if (start !== undefined && closes) {
      yield { start, end, heading: false };
      start = undefined;
    }
    if (fence === undefined && ATX_HEADING.test(line.text)) {
      yield { start: line.start, end: line.end, heading: true };
    } else if (fence === undefined && start !== undefined && SETEXT_UNDERLINE.test(line.text)) {
      yield { start, end: line.end, heading: true };
      start = undefined;
    } else if (line.text !== '') {
      start ??= line.start;
      end = line.end;
    }
    fence = fenceAfter(fence, mark);
  }
  if (start !== undefined) yield { start, end, heading: false };
}

/** The fence that is open after a line with this mark: only a mark of the same kind, as long or longer, closes it. */
function fenceAfter(open: string | undefined, mark: string | undefined): string | undefined {
  if (mark === undefined) return open;
  if (open === undefined) return mark;
  return mark.startsWith(open) ? undefined : open;
}
