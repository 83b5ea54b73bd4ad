import { Redis } from 'ioredis';
import { withTimeout } from '../../kernel/index.js';

const TIMEOUT_MS = 1_500;

/**
 * Whether Redis has the database with the number in the address; `undefined` if it does not respond now. Clients that
 * select a missing one stay on the first, which others may use.
 */
export async function hasRedisDatabase(url: string): Promise<boolean | undefined> {
  const address = new URL(url);
  const number = Number(address.pathname.slice(1) || '0');
  if (number === 0) return true;
  address.pathname = '';
  const redis = new Redis(address.href, { lazyConnect: true, retryStrategy: () => null, family: 0 });
  redis.on('error', () => undefined);
  try {
    await withTimeout(TIMEOUT_MS, redis.connect());
    await withTimeout(TIMEOUT_MS, redis.select(number));
    return true;
  } catch (error) {
    return /DB index/i.test((error as Error).message) ? false : undefined;
  } finally {
    redis.disconnect();
  }
}
