import { newId } from '../../src/kernel/index.js';
import { NoLiveLog } from '../../src/log/adapters/no-live-log.js';
import { RedisLiveLog } from '../../src/log/adapters/redis-live-log.js';
import { describeLiveLog } from '../contracts/live-log.contract.js';
import { given, liveLogs } from '../support/live-logs.js';
import { hasRedisServer } from '../support/redis-server.js';

const CI = process.env['CI'] === 'true';
const own = hasRedisServer();

const { redis } = liveLogs();

if (given === undefined && !own) {
  it('has no Redis to be tested with: REDIS_URL is unset and there is no redis-server (an error in CI)', () => {
    console.warn('SKIPPED: the live log in Redis. Set REDIS_URL, or install redis-server.');
    expect(CI).toBe(false);
  });
} else {
  describeLiveLog('Redis', async () => {
    const url = await redis();
    return { another: () => new RedisLiveLog(url, newId()) };
  });
}

describe('no live log', () => {
  it('is off, keeps nothing and says nothing', async () => {
    const log = new NoLiveLog();
    log.start();
    log.publish();
    log.follow();
    log.unfollow();
    log.forget();
    await log.close();

    expect(log.state).toBe('off');
  });
});
