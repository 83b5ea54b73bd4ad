import { Logger } from '@nestjs/common';
import { newId } from '../../src/kernel/index.js';
import { RedisLiveLog } from '../../src/log/adapters/redis-live-log.js';
import { Heard, until } from '../contracts/live-log.contract.js';
import { startRedisServer, type RedisServer } from './redis-server.js';

/** The address of the Redis that the tests are given. */
export const given = process.env['REDIS_URL'];

/** Live logs of several processes over one Redis, and what they warn of, for the specs of this file. */
export function liveLogs() {
  let server: RedisServer | undefined;
  const logs: RedisLiveLog[] = [];
  const warnings: string[] = [];

  /** The Redis of `REDIS_URL`, or one of our own. */
  async function redis(): Promise<string> {
    return given ?? (server ??= await startRedisServer()).url;
  }

  function join(url: string) {
    const heard = new Heard();
    const log = new RedisLiveLog(url, newId());
    logs.push(log);
    log.start(heard);
    return { log, heard };
  }

  async function joinBoth(url: string) {
    const [writer, reader] = [join(url), join(url)];
    await until(() => writer.log.state === 'up' && reader.log.state === 'up');
    return { writer, reader };
  }

  const keep = (message: unknown) => void warnings.push(String(message));
  beforeAll(() => Logger.overrideLogger({ log: keep, warn: keep, error: keep }));
  beforeEach(() => void (warnings.length = 0));
  afterEach(() => Promise.all(logs.splice(0).map((log) => log.close())));
  afterAll(async () => {
    await server?.close();
    Logger.overrideLogger(['warn', 'error']);
  });

  return {
    get logs() {
      return logs;
    },
    get warnings() {
      return warnings;
    },

    redis,
    join,
    joinBoth,
  };
}
