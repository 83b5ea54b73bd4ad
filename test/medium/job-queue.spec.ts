import { describeJobQueue } from '../contracts/job-queue.contract.js';
import { freshDatabase } from '../setup/test-database.js';
import { hasRedisServer, startRedisServer } from '../support/redis-server.js';

describeJobQueue('Postgres', async () => {
  const database = await freshDatabase();
  return { place: { connectionString: database.connectionString }, end: () => database.drop() };
});

if (hasRedisServer()) {
  describeJobQueue('Redis', async () => {
    const redis = await startRedisServer({ password: 'open-sesame' });
    const connectionString = 'postgres://nobody@127.0.0.1:1/none';
    return { place: { connectionString, redisUrl: redis.url }, end: () => redis.close() };
  });
}
