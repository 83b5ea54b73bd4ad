import { z } from 'zod';
import {
  connectedSchema,
  snapshotSchema,
  suspendedSchema,
  timeSchema,
  turnEventSchema,
} from '../../kernel/index.js';

type Event =
  | (typeof turnEventSchema.options)[number]
  | typeof connectedSchema
  | typeof suspendedSchema
  | typeof snapshotSchema;

/** What `data:` of a frame holds, under a name of its own: `message_saved` is the `MessageSavedEvent` of the document. */
const frame = (event: Event) => {
  const name = event.shape.type.value.replace(/(?:^|_)([a-z])/g, (_, first: string) => first.toUpperCase());
  return z.object({ ...event.shape, timestamp: timeSchema }).meta({ id: `${name}Event` });
};

const [first, ...others] = turnEventSchema.options;

/** What of a stream is stored, and comes again whenever it is read. */
const turnEvent = z
  .discriminatedUnion('type', [frame(first), ...others.map(frame)])
  .meta({ id: 'TurnEvent', description: 'Everything that can happen in a turn.' });

/** What `data:` of a frame holds. */
export const streamEvent = z
  .discriminatedUnion('type', [
    frame(connectedSchema),
    ...turnEvent.options,
    frame(suspendedSchema),
    frame(snapshotSchema),
  ])
  .meta({ id: 'StreamEvent', description: 'The JSON in the `data:` line of each server-sent event.' });

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
  .meta({ id: 'SelftestEvent', description: 'The JSON in the `data:` line of each server-sent event.' });
