import { newId } from '../../src/kernel/index.js';
import { hearLog } from '../support/jobs-process.js';
import { consume, NO_DATABASE, queueProcesses, works } from '../support/queue-processes.js';
import { hasRedisServer, startRedisServer, type RedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

const { open, end } = queueProcesses();

(hasRedisServer() ? describe : describe.skip)('the turn queue in a Redis that fails', () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedisServer({ password: 'open-sesame' });
  });
  afterEach(() => redis.close());

  it('goes on when Redis was killed and is back, and says both once, without the password', async () => {
    const queue = await open(NO_DATABASE, redis.url);
    const log = hearLog();
    const taken = await consume(queue);
    await works(queue, taken);

    await redis.kill();
    const answers: boolean[] = [];
    for (let times = 0; times < 3; times += 1) answers.push(await queue.offer(newId()));
    await redis.restart();
    await works(queue, taken);

    expect(answers).toEqual([false, false, false]);
    log.stop();
    expect(log.lines.filter((line) => line.includes('cannot be used'))).toHaveLength(1);
    expect(log.lines.filter((line) => line.includes('can be used again'))).toHaveLength(1);
    expect(log.lines.join('\n')).not.toContain('sesame');
  });

  it('goes on after everything in Redis was removed', async () => {
    const queue = await open(NO_DATABASE, redis.url);
    const taken = await consume(queue);
    await works(queue, taken);

    await redis.flush();

    await works(queue, taken);
  });

  it('goes on after everything was removed while turns were being taken', async () => {
    const queue = await open(NO_DATABASE, redis.url);
    const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
    const taken: string[] = [];
    await queue.consume(async (turnId) => {
      taken.push(turnId);
      if (taken.length <= 5) await mayGoOn;
    });
    for (let turn = 0; turn < 5; turn += 1) await queue.offer(newId());
    await until(() => taken.length === 5);

    await redis.flush();
    goOn();

    await works(queue, taken);
  });

  it('answers an offer soon while Redis hangs, closes soon, and works again when it goes on', async () => {
    const staying = await open(NO_DATABASE, redis.url);
    const leaving = await open(NO_DATABASE, redis.url);
    const taken = await consume(staying);
    await works(staying, taken);
    await consume(leaving);

    redis.freeze();
    // Both are over while it hangs.
    const answer = await staying.offer(newId());
    await end(leaving);
    redis.thaw();

    expect(answer).toBe(false);
    await works(staying, taken);
  });

  it('starts while Redis is down, and consumes when it is up', async () => {
    await redis.kill();
    const queue = await open(NO_DATABASE, redis.url);
    const taken = await consume(queue);
    expect(await queue.offer(newId())).toBe(false);

    await redis.restart();

    await works(queue, taken);
  });

  it('closes while Redis is down', async () => {
    await redis.kill();
    const queue = await open(NO_DATABASE, redis.url);
    await consume(queue);
    await end(queue);
  });

  it('leaves no connection when its process ends, and has but one while it only offers', async () => {
    const connections = async () =>
      (await redis.command('CLIENT LIST'))
        .split('\n')
        .filter((line) => line.includes('name=threadline-queue') || line.includes('name=threadline:')).length;
    const queue = await open(NO_DATABASE, redis.url);
    await queue.offer(newId());
    expect(await connections()).toBe(1);
    const taken = await consume(queue);
    await works(queue, taken);
    expect(await connections()).toBe(3);

    await end(queue);

    await until(async () => (await connections()) === 0);
  });

  it('keeps everything under its own prefix', async () => {
    const queue = await open(NO_DATABASE, redis.url);
    await queue.offer(newId());
    const keys = (await redis.command('KEYS *')).split('\r\n').filter((line) => /^[a-z]/.test(line));
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !key.startsWith('threadline:turns:'))).toEqual([]);
  });
});
