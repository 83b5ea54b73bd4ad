import { AppError } from '../../kernel/index.js';

const LOCAL_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;
const ESCAPES = /(?:%[0-9a-f]{2})+/gi;

/**
 * Rejects a query string with percent-encoded bytes that are not UTF-8: decoding would change them. The router does the
 * same for the path. Throws `VALIDATION_FAILED`.
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

/**
 * Rejects requests whose Host header is not a local name: while dev auth is on, a foreign page whose name resolves to
 * 127.0.0.1 could get a dev token (DNS rebinding). Throws `FORBIDDEN`.
 */
export function checkLocalHost(host: unknown): void {
  if (typeof host === 'string' && LOCAL_HOST.test(host)) return;
  throw new AppError(
    'FORBIDDEN',
    'While dev tokens are on, only requests to localhost are answered. Use http://localhost or http://127.0.0.1, or turn AUTH_DEV off.',
  );
}
