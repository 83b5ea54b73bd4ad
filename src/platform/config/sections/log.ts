import { duration } from '../value-types.js';

/** How long events are kept. */
export const logVariables = {
  EVENT_RETENTION: duration(0, 3_650 * 86_400_000)
    .prefault('7d')
    .describe(
      'how long the pieces of an answer are kept one by one after its turn has ended, until they become one; 0s: some seconds at most',
    ),
} as const;
