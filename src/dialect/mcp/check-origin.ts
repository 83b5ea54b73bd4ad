import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../kernel/index.js';

/**
 * Refuses a page of another origin than those that are configured, and than this server's own: a browser sends its Origin, and
 * other clients send none. Throws `FORBIDDEN`.
 */
export function checkOrigin(
  { origin, host }: Pick<IncomingHttpHeaders, 'origin' | 'host'>,
  allowed: readonly string[] = [],
): void {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new AppError(
    'FORBIDDEN',
    'Pages of this origin may not call here. Name it in CORS_ORIGINS if they should.',
  );
}
