import type { Logger } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { isPermanent } from './faults.js';

/** How long something that has been done waits for a database that is away. */
const GIVE_UP_MS = 30_000;
const RETRY_MS = 250;

/** Does what may be repeated until it succeeds; throws what is refused for good, or after half a minute. */
export async function keepTrying<Result>(
  logger: Logger,
  what: { readonly name: string; readonly turnId: string },
  write: () => Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + GIVE_UP_MS;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (isPermanent(error) || performance.now() > deadline) throw error;
      logger.warn({ err: error, turnId: what.turnId }, `Storing ${what.name} failed; trying again.`);
    }
    await pause(RETRY_MS);
  }
}
