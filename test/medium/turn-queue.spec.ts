import { describeTurnQueue, type QueueUnderTest } from '../contracts/turn-queue.contract.js';
import { freshDatabase } from '../setup/test-database.js';
import { openTurnQueueProcess, type QueuePlace, type TurnQueueProcess } from '../support/jobs-process.js';
import { hasRedisServer, startRedisServer } from '../support/redis-server.js';

function queueIn(place: QueuePlace, end: () => Promise<void>): QueueUnderTest {
  const opened: TurnQueueProcess[] = [];
  return {
    open: async () => {
      const process = await openTurnQueueProcess(place);
      opened.push(process);
      return process.queue;
    },
    closeAll: async () => void (await Promise.all(opened.splice(0).map(({ app }) => app.close()))),
    end,
  };
}

describeTurnQueue('Postgres', async () => {
  const database = await freshDatabase();
  return queueIn({ connectionString: database.connectionString }, () => database.drop());
});

if (hasRedisServer()) {
  describeTurnQueue('Redis', async () => {
    const redis = await startRedisServer({ password: 'open-sesame' });
    const connectionString = 'postgres://nobody@127.0.0.1:1/none';
    return queueIn({ connectionString, redisUrl: redis.url }, () => redis.close());
  });
}
