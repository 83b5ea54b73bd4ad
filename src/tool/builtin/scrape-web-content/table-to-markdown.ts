import type { PageElement } from './page-document.js';

interface Converter {
  turndown(node: never): string;
}

/**
 * A table as Markdown, a line for each row; `undefined` for one that only arranges a page: with a single column, or with
 * another table in it.
 */
export function tableToMarkdown(table: PageElement, converter: Converter): string | undefined {
  if (table.getAttribute('role') === 'presentation' || table.querySelector('table') !== null)
    return undefined;
  const rows = [...table.querySelectorAll('tr')].map((row) =>
    [...row.querySelectorAll('td,th')].map((cell) => cellOf(cell, converter)),
  );
  const width = Math.max(0, ...rows.map((row) => row.length));
  const [head, ...body] = rows;
  if (width < 2 || head === undefined) return undefined;
  const line = (cells: readonly string[]) =>
    `| ${Array.from({ length: width }, (_, index) => cells[index] ?? '').join(' | ')} |`;
  const caption = table.querySelector('caption')?.textContent?.trim();
  const lines = [line(head), line(Array<string>(width).fill('---')), ...body.map(line)];
  return `\n\n${caption ? `${caption}\n\n` : ''}${lines.join('\n')}\n\n`;
}

function cellOf(cell: PageElement, converter: Converter): string {
  return converter
    .turndown(cell as never)
    .replace(/\s+/g, ' ')
    .trim()
    .replaceAll('|', '\\|');
}
