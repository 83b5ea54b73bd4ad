export { fenceAround } from '../../kernel/index.js';

/** The text as a heading. */
export function oneLine(text: string): string {
  return text.replace(/\s+/gu, ' ').trim();
}
