import { newId } from '../../kernel/index.js';

const SANE = /^[A-Za-z0-9._-]{1,128}$/;

/** The client's own `X-Request-Id` if it is fit for a log and a header, a new one otherwise. */
export function requestIdFrom(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && SANE.test(header) ? header : newId();
}
