import { Logger, Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule, loadConfig } from '../../src/platform/config/index.js';
import { QueueModule } from '../../src/platform/queue/index.js';
import { BullTurnQueue, TURNS } from '../../src/turn/adapters/bull-turn-queue.js';

/** As much of a process as the queue of turns needs. */
@Module({})
class QueueProcess {
  static with(connectionString: string, redisUrl: string | undefined): DynamicModule {
    const config = loadConfig({ DATABASE_URL: connectionString, REDIS_URL: redisUrl });
    return {
      module: QueueProcess,
      imports: [ConfigModule.with(config), QueueModule.connect(connectionString), QueueModule.queue(TURNS)],
      providers: [BullTurnQueue],
    };
  }
}

/** Opens one process's end of the turn queue, wired as the server wires it. */
export async function openQueueProcess(
  connectionString: string,
  redisUrl?: string,
): Promise<{ readonly app: INestApplicationContext; readonly queue: BullTurnQueue }> {
  const app = await NestFactory.createApplicationContext(QueueProcess.with(connectionString, redisUrl), {
    logger: false,
    abortOnError: false,
  });
  return { app, queue: app.get(BullTurnQueue) };
}

/** Every line that is logged from now on, until `stop`. */
export function hearLog(): { readonly lines: string[]; stop(): void } {
  const lines: string[] = [];
  const say = (message: unknown) => void lines.push(String(message));
  Logger.overrideLogger({ log: say, error: say, warn: say, debug: say, verbose: say, fatal: say });
  return { lines, stop: () => Logger.overrideLogger(false) };
}
