import { duration, whole } from '../value-types.js';

/** How many turns run, how long their leases are, and how large answers may be. */
export const turnVariables = {
  MAX_CONCURRENT_TURNS: whole(1, 100_000)
    .default(1000)
    .describe('turns this process runs at once; more wait in the queue, those without a thread for a moment'),
  MAX_CONCURRENT_TURNS_PER_USER: whole(1, 100_000)
    .optional()
    .describe('of those, one user’s at most; unset: a share that shrinks as others come'),
  MAX_CONCURRENT_TURNS_PER_ORG: whole(1, 100_000)
    .optional()
    .describe('of those, one organisation’s at most; unset: such a share as well'),
  MAX_QUEUED_TURNS: whole(0, 1_000_000)
    .default(10_000)
    .describe(
      'turns that may wait, in all processes together; of one thread 50 at most, of one user some four fifths',
    ),
  TURN_MAX_ATTEMPTS: whole(1, 20)
    .default(3)
    .describe('how often a turn is begun, when processes die over it, before it ends interrupted'),
  TURN_LEASE: duration(1_000, 60_000)
    .prefault('8s')
    .describe(
      'how long a turn stays with a process that gives no sign of life; others find it within a quarter more',
    ),
  MAX_ANSWER_CHARS: whole(1_000, 50_000_000)
    .default(2_000_000)
    .describe('characters of one answer, then it is ended'),
  MAX_TOOL_ITERATIONS: whole(1, 100).default(5).describe('rounds of tool calls in one turn'),
} as const;
