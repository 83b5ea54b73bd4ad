import { z } from 'zod';
import { connectedSchema, snapshotSchema, timeSchema, turnEventSchema } from '../../kernel/index.js';

type Event = (typeof turnEventSchema.options)[number] | typeof connectedSchema | typeof snapshotSchema;

const frame = (event: Event) => z.object({ ...event.shape, timestamp: timeSchema });

/** What `data:` of a frame holds. */
export const streamEvent = z
  .discriminatedUnion('type', [
    frame(connectedSchema),
    ...turnEventSchema.options.map(frame),
    frame(snapshotSchema),
  ])
  .describe('The JSON in the `data:` line of each server-sent event.');

/** What `data:` of a frame of the selftest holds. */
export const selftestEvent = z
  .object({
    type: z.literal('selftest'),
    data: z.object({
      index: z.number().int(),
      count: z.number().int(),
      sentAt: timeSchema,
      elapsedMs: z.number().int(),
    }),
    timestamp: timeSchema,
  })
  .describe('The JSON in the `data:` line of each server-sent event.');
