import type { GuardedAnswer } from '../../../platform/egress/index.js';
import { PageProblem, type Page } from './page.js';

const MAX_TITLE_CHARS = 300;
const MAX_DATE_CHARS = 40;
/** Room for what is said of the page besides its address: title, dates, and that it was cut. */
const FRAME_CHARS = 1_000;

/**
 * A page with its title, address and date in the first lines, within a bound. Throws a `PageProblem` where it is too long,
 * and what was fetched of it has no text.
 */
export function describedPage(
  page: Page,
  { url, lastModified }: Pick<GuardedAnswer, 'url' | 'lastModified'>,
  maxChars: number,
): string {
  const title = line(page.title ?? '', MAX_TITLE_CHARS);
  const date = line(page.date ?? '', MAX_DATE_CHARS) || lastModified?.toISOString();
  const head = [
    ...(title === '' ? [] : [`Title: ${title}`]),
    `URL: ${url}`,
    ...(date === undefined ? [] : [`Date: ${date}`]),
  ].join('\n');
  const text = readable(page.text);
  if (text === '' && page.isPartial)
    throw new PageProblem('The page is too long, and what was fetched of it has no text.');
  const kept = text.slice(0, Math.max(0, maxChars - url.length - FRAME_CHARS)).toWellFormed();
  const isCut = page.isPartial || kept.length < text.length;
  const end = isCut ? `\n\n[The page is longer: only its first ${kept.length} characters are given.]` : '';
  return `${head}\n\n${kept}${end}`;
}

/** On one line. */
function line(text: string, maxChars: number): string {
  return readable(text).replace(/\s+/g, ' ').trim().slice(0, maxChars).toWellFormed();
}

/** Without characters that nobody sees, and more than one empty line at a time. */
function readable(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]|[\u{e0000}-\u{e007f}]/gu, '')
    .replace(/\n[ \t]*\n[ \t\n]*\n/g, '\n\n')
    .trim();
}
