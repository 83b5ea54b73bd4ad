import { bootTogether } from '../chaos/boots.js';
import { anySeed } from '../chaos/random.js';
import { randomDisconnects } from '../chaos/replicas.js';
import { hasRedisServer, startRedisServer } from '../support/redis-server.js';
import { sized } from '../support/size.js';

const SIZE = {
  roles: ['api', 'api', 'worker'],
  ...sized({ turns: 3, disconnects: 12 }, { turns: 8, disconnects: 30 }),
} as const;

describe('two api processes and a worker', () => {
  it('show every client the log to the letter, however often it comes back to another one', async () => {
    const { problems, figures } = await randomDisconnects({ ...SIZE, seed: anySeed() });
    expect({ problems, seed: figures['seed'] }).toEqual({ problems: [], seed: figures['seed'] });
  }, 180_000);

  const withRedis = hasRedisServer() || process.env['CI'] === 'true' ? it : it.skip;
  withRedis(
    'lose nothing with a Redis between them that forgets everything',
    async () => {
      const redis = await startRedisServer();
      try {
        const { problems, figures } = await randomDisconnects({
          ...{ ...SIZE, seed: anySeed() },
          environment: { REDIS_URL: redis.url },
          inTheMiddle: () => redis.flush(),
        });
        expect({ problems, seed: figures['seed'] }).toEqual({ problems: [], seed: figures['seed'] });
      } finally {
        await redis.close();
      }
    },
    90_000,
  );
});

describe('processes that start together over an empty database', () => {
  it('all come up, and each migration has run once', async () => {
    const { problems } = await bootTogether(sized(2, 4));
    expect(problems).toEqual([]);
  }, 120_000);
});
