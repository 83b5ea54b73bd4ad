import { AppError } from '../../kernel/index.js';

const ESCAPES = /(?:%[0-9a-f]{2})+/gi;

/**
 * Refuses a query string whose percent-encoding stands for bytes that are no UTF-8: whoever reads it would be given
 * something else than was sent. The path has been through the router, which refuses the same. Throws `VALIDATION_FAILED`.
 */
export function checkQuery(url: string): void {
  const start = url.indexOf('?');
  if (start === -1 || !url.includes('%', start)) return;
  for (const [escapes] of url.slice(start).matchAll(ESCAPES)) {
    try {
      decodeURIComponent(escapes);
    } catch (cause) {
      throw new AppError(
        'VALIDATION_FAILED',
        'The query string is not valid UTF-8. Send it as UTF-8, percent-encoded.',
        { cause },
      );
    }
  }
}
