import { AppError } from '../../kernel/index.js';

const LOCAL_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * Refuses requests whose Host header is not this machine's own name: while anybody may get a dev token, a foreign
 * page that had its own name resolve to 127.0.0.1 could get one too. Throws `FORBIDDEN`.
 */
export function checkLocalHost(host: unknown): void {
  if (typeof host === 'string' && LOCAL_HOST.test(host)) return;
  throw new AppError(
    'FORBIDDEN',
    'While dev tokens are on, only requests to localhost are answered. Use http://localhost or http://127.0.0.1, or turn AUTH_DEV off.',
  );
}
