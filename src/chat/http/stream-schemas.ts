import { z } from 'zod';
import { errorBodySchema, usageSchema } from '../../platform/http/index.js';
import { citation, messageSchema, time } from './chat-schemas.js';

const frame = <Type extends string, Data extends z.ZodType>(type: Type, data: Data) =>
  z.object({ type: z.literal(type), data, timestamp: time });

/** Only with content that its reader may not read, which is `[withheld]`. */
const withheld = z.literal(true).optional();

const piece = z.object({ messageId: z.uuid(), content: z.string() });

/** What `data:` of a frame holds; its spec holds it to the kernel's unions. */
export const streamEvent = z
  .discriminatedUnion('type', [
    frame(
      'connected',
      z.object({ threadId: z.uuid(), turnId: z.uuid().optional(), lastEventId: z.number().int() }),
    ),
    frame('message_saved', z.object({ message: messageSchema })),
    frame(
      'workflow_status',
      z.object({
        workflow: z.string(),
        version: z.number().int(),
        runId: z.uuid(),
        step: z.string(),
        stepTitle: z.string(),
        status: z.enum([
          'started',
          'step_started',
          'step_completed',
          'waiting',
          'transitioned',
          'failed',
          'skipped',
        ]),
        progress: z.object({ done: z.number().int(), total: z.number().int() }),
      }),
    ),
    frame('rag_context', z.object({ citations: z.array(citation) })),
    frame(
      'ai_response',
      z.union([
        piece.extend({ isComplete: z.literal(false), withheld }),
        z.object({
          messageId: z.uuid(),
          content: z.literal(''),
          isComplete: z.literal(true),
          accumulated: z.string(),
          usage: usageSchema.nullable(),
          finishReason: z.enum(['stop', 'length', 'tool_calls', 'content_filter']),
          withheld,
        }),
      ]),
    ),
    frame('ai_reasoning', piece),
    frame('ai_reset', z.object({ messageId: z.uuid(), reason: z.string(), attempt: z.number().int() })),
    frame(
      'tool_call',
      z.object({
        callId: z.string(),
        name: z.string(),
        arguments: z.string(),
        status: z.enum(['requested', 'approved', 'executing']),
      }),
    ),
    frame(
      'tool_result',
      z.object({
        callId: z.string(),
        name: z.string(),
        ok: z.boolean(),
        content: z.string(),
        durationMs: z.number(),
      }),
    ),
    frame(
      'input_required',
      z.object({
        inputId: z.uuid(),
        kind: z.enum(['human_step', 'tool_approval', 'elicitation', 'sampling']),
        prompt: z.string(),
        schema: z.record(z.string(), z.unknown()).nullable(),
        expiresAt: time,
      }),
    ),
    frame('input_resolved', z.object({ inputId: z.uuid(), outcome: z.string() })),
    frame(
      'workflow_complete',
      z.object({
        workflow: z.string(),
        runId: z.uuid(),
        step: z.string(),
        status: z.enum(['completed', 'waiting']),
        message: messageSchema,
      }),
    ),
    frame('error', errorBodySchema),
    frame(
      'done',
      z.object({
        success: z.boolean(),
        turnId: z.uuid(),
        status: z.enum(['completed', 'cancelled', 'interrupted', 'failed']),
      }),
    ),
    frame(
      'snapshot',
      z.object({
        turnId: z.uuid(),
        messageId: z.uuid(),
        content: z.string(),
        lastEventId: z.number().int(),
        withheld,
      }),
    ),
  ])
  .describe('The JSON in the `data:` line of each server-sent event.');

/** What `data:` of a frame of the selftest holds. */
export const selftestEvent = frame(
  'selftest',
  z.object({
    index: z.number().int(),
    count: z.number().int(),
    sentAt: time,
    elapsedMs: z.number().int(),
  }),
).describe('The JSON in the `data:` line of each server-sent event.');
