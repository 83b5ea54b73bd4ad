import type { AppError } from '../../kernel/index.js';

/** The headers that go with an error's answer. */
export function errorHeaders(error: AppError): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...(error.code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer' } : {}),
    ...(error.retryAfter === undefined
      ? {}
      : { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfter))) }),
  };
}
