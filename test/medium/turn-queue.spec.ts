import { describeTurnQueue, type QueueUnderTest } from '../contracts/turn-queue.contract.js';
import { freshDatabase } from '../setup/test-database.js';
import { openQueueProcess } from '../support/queue-process.js';
import { hasRedisServer, startRedisServer } from '../support/redis-server.js';

describeTurnQueue('Postgres', async (): Promise<QueueUnderTest> => {
  const database = await freshDatabase();
  return {
    open: async () => (await openQueueProcess(database.connectionString)).queue,
    end: () => database.drop(),
  };
});

if (hasRedisServer()) {
  describeTurnQueue('Redis', async (): Promise<QueueUnderTest> => {
    const redis = await startRedisServer({ password: 'open-sesame' });
    return {
      open: async () => (await openQueueProcess('postgres://nobody@127.0.0.1:1/none', redis.url)).queue,
      end: () => redis.close(),
    };
  });
}
