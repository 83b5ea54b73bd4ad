import { z } from 'zod';
import { timeSchema } from '../../kernel/index.js';
import { threadSchema, turnSchema } from './chat-schemas.js';
import { inputSchema } from './input-schemas.js';

const frame = <Type extends string, Data extends z.ZodRawShape>(type: readonly Type[], data: Data) =>
  z.object({ type: z.enum(type), data: z.object(data), timestamp: timeSchema });

/** What `data:` of a frame of a user's stream holds. */
export const userEvent = z
  .discriminatedUnion('type', [
    frame(['connected'], {}).meta({ id: 'UserConnectedEvent' }),
    frame(['thread_created', 'thread_updated', 'thread_deleted'], { thread: threadSchema }).meta({
      id: 'ThreadChangedEvent',
    }),
    frame(['turn_started', 'turn_waiting', 'turn_ended'], { threadId: z.uuid(), turn: turnSchema }).meta({
      id: 'TurnChangedEvent',
    }),
    frame(['input_opened', 'input_closed'], { input: inputSchema }).meta({ id: 'InputChangedEvent' }),
  ])
  .meta({ id: 'UserEvent', description: 'The JSON in the `data:` line of each server-sent event.' });
