/** A fence of code that is open: what ends it, and how far it is indented. */
interface Fence {
  readonly mark: string;
  readonly indent: number;
}

/**
 * A text in Markdown that ends where it ends, whatever stands in it: what may be left open, so that it would take in what
 * follows, is quoted as a whole, since a quotation closes what was opened in it. All else is left as it is.
 */
export function markdownBlock(text: string): string {
  const lines = text.split(/\r\n|\r|\n/);
  if (!mayStayOpen(lines)) return text;
  return lines.map((line) => (line === '' ? '>' : `> ${line}`)).join('\n');
}

/**
 * Whether a fence of code, or a block of HTML, may reach beyond the lines. Also where it only looks like it: what is indented may
 * belong to a list, with which it ends, and a block of HTML may hide a fence.
 */
function mayStayOpen(lines: readonly string[]): boolean {
  let open: Fence | undefined;
  for (const line of lines) {
    if (open === undefined) {
      if (BEGINS_HTML.test(line)) return true;
      open = fenceOf(line);
    } else if (closes(line, open)) {
      if (open.indent > 0 && indentOf(line) !== open.indent) return true;
      open = undefined;
    } else if (line.trim() !== '' && indentOf(line) < open.indent) return true;
  }
  return open !== undefined;
}

const BEGINS_HTML = /^ {0,3}<[a-z/!?]/i;
/** Three marks or more; what stands behind backticks has none. */
const FENCE = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})/;

function fenceOf(line: string): Fence | undefined {
  const [, indent, mark] = FENCE.exec(line) ?? [];
  return indent === undefined || mark === undefined ? undefined : { mark, indent: indent.length };
}

function closes(line: string, { mark }: Fence): boolean {
  const bare = line.trim();
  return fenceOf(line) !== undefined && bare.startsWith(mark) && bare.replaceAll(mark.charAt(0), '') === '';
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
