import { Logger } from '@nestjs/common';
import { newId } from '../../src/kernel/index.js';
import type { TurnQueue } from '../../src/turn/ports/turn-queue.js';
import { openTurnQueueProcess, type TurnQueueProcess } from './jobs-process.js';
import { until } from './until.js';

/** The address of no database. */
export const NO_DATABASE = 'postgres://nobody@127.0.0.1:1/none';

/** The turns that this queue brings. */
export async function consume(queue: TurnQueue): Promise<string[]> {
  const taken: string[] = [];
  await queue.consume((turnId) => Promise.resolve(void taken.push(turnId)));
  return taken;
}

/** Offers a turn until it could be put into the queue, and waits until it was brought. */
export async function works(queue: TurnQueue, taken: readonly string[]): Promise<void> {
  const turnId = newId();
  await until(() => queue.offer(turnId));
  await until(() => taken.includes(turnId));
}

/** Processes that have a queue of turns and end with their test, for the specs of this file. */
export function queueProcesses() {
  afterAll(() => Logger.overrideLogger(false));

  const opened: TurnQueueProcess[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(({ app }) => app.close()));
  });

  async function open(connectionString: string, redisUrl?: string): Promise<TurnQueue> {
    const process = await openTurnQueueProcess({ connectionString, redisUrl });
    opened.push(process);
    return process.queue;
  }

  /** Ends the process whose queue it is. */
  async function end(queue: TurnQueue): Promise<void> {
    await opened.find((process) => process.queue === queue)?.app.close();
  }

  return {
    open,
    end,
  };
}
