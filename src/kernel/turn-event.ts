import { z } from 'zod';
import { errorBodySchema } from './app-error.js';
import {
  citationSchema,
  finishReasonSchema,
  messageSchema,
  resultPartSchema,
  usageSchema,
} from './message.js';
import { timeSchema, type Inferred } from './schema.js';

const id = z.uuid();
const whole = z.number().int();

/** Set if the content is withheld from its reader and replaced by `[withheld]`. */
const withheld = z.literal(true).exactOptional();

const event = <Type extends string, Data extends z.ZodType>(type: Type, data: Data) =>
  z.object({ type: z.literal(type), data });

export type MessageSaved = Inferred<typeof messageSaved>;
const messageSaved = event('message_saved', z.object({ message: messageSchema }));

export type WorkflowStatus = WorkflowStatusChanged['data']['status'];
export type WorkflowStatusChanged = Inferred<typeof workflowStatusChanged>;
const workflowStatusChanged = event(
  'workflow_status',
  z.object({
    workflow: z.string(),
    version: whole,
    runId: id,
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
    progress: z.object({ done: whole, total: whole }),
  }),
);

export type RagContext = Inferred<typeof ragContext>;
const ragContext = event('rag_context', z.object({ citations: z.array(citationSchema) }));

/** A piece of the answer, or, with `isComplete`, its whole text once more with its usage. */
export type AiResponse = Inferred<typeof aiResponse>;
const aiResponse = event(
  'ai_response',
  z.union([
    z.object({ messageId: id, content: z.string(), isComplete: z.literal(false), withheld }),
    z.object({
      messageId: id,
      content: z.literal(''),
      isComplete: z.literal(true),
      accumulated: z.string(),
      usage: usageSchema.nullable(),
      finishReason: finishReasonSchema,
      withheld,
    }),
  ]),
);

export type AiReasoning = Inferred<typeof aiReasoning>;
const aiReasoning = event('ai_reasoning', z.object({ messageId: id, content: z.string() }));

/** Resets the message: another attempt follows. */
export type AiReset = Inferred<typeof aiReset>;
const aiReset = event('ai_reset', z.object({ messageId: id, reason: z.string(), attempt: whole }));

export type ToolCallEvent = Inferred<typeof toolCall>;
const toolCall = event(
  'tool_call',
  z.object({
    callId: z.string(),
    messageId: id,
    name: z.string(),
    title: z.string().exactOptional(),
    server: z.string().exactOptional(),
    arguments: z.string(),
    status: z.enum(['requested', 'approved', 'executing']),
  }),
);

/** How far a call has come: once a second at most. */
export type ToolProgressed = Inferred<typeof toolProgressed>;
const toolProgressed = event(
  'tool_progress',
  z.object({
    callId: z.string(),
    progress: z.number(),
    total: z.number().exactOptional(),
    message: z.string().exactOptional(),
  }),
);

/** What came of a call. `truncated`: there is more of it than the event has. */
export type ToolResult = Inferred<typeof toolResult>;
const toolResult = event(
  'tool_result',
  z.object({
    callId: z.string(),
    name: z.string(),
    ok: z.boolean(),
    content: z.string(),
    parts: z.array(resultPartSchema).exactOptional(),
    structured: z.unknown().exactOptional(),
    truncated: z.literal(true).exactOptional(),
    durationMs: z.number(),
  }),
);

export type InputRequired = Inferred<typeof inputRequired>;
/** The input that a turn requires of a person. */
export const inputRequiredData = z.object({
  inputId: id,
  kind: z.enum(['human_step', 'tool_approval', 'elicitation', 'sampling']),
  prompt: z.string(),
  schema: z.record(z.string(), z.unknown()).nullable(),
  expiresAt: timeSchema,
  callId: z.string().exactOptional(),
  server: z.string().exactOptional(),
  mode: z.enum(['form', 'url']).exactOptional(),
  url: z.string().exactOptional(),
});
const inputRequired = event('input_required', inputRequiredData);

/** The outcome of an input. */
export type InputOutcome = InputResolved['data']['outcome'];
export const inputOutcomes = z.enum(['accepted', 'declined', 'cancelled', 'expired']);
export type InputResolved = Inferred<typeof inputResolved>;
const inputResolved = event('input_resolved', z.object({ inputId: id, outcome: inputOutcomes }));

export type WorkflowComplete = Inferred<typeof workflowComplete>;
const workflowComplete = event(
  'workflow_complete',
  z.object({
    workflow: z.string(),
    runId: id,
    step: z.string(),
    status: z.enum(['completed', 'waiting']),
    message: messageSchema,
  }),
);

export type TurnFailed = Inferred<typeof turnFailed>;
const turnFailed = event('error', errorBodySchema);

/** How a turn can end. */
export type TurnOutcome = TurnDone['data']['status'];
export type TurnStatus = 'queued' | 'running' | 'waiting' | TurnOutcome;
export type TurnDone = Inferred<typeof turnDone>;
const turnDone = event(
  'done',
  z.object({
    success: z.boolean(),
    turnId: id,
    status: z.enum(['completed', 'cancelled', 'interrupted', 'failed']),
  }),
);

/**
 * Everything that can happen in a turn, and so everything that the log stores and clients receive. The union is closed
 * on purpose: a new type does not compile until `fold-turn` and all other readers handle it. The shapes are the public
 * contract. The OpenAPI document is generated from the schema; events are not validated at run time.
 */
export type TurnEvent = Inferred<typeof turnEventSchema>;
export const turnEventSchema = z.discriminatedUnion('type', [
  messageSaved,
  workflowStatusChanged,
  ragContext,
  aiResponse,
  aiReasoning,
  aiReset,
  toolCall,
  toolProgressed,
  toolResult,
  inputRequired,
  inputResolved,
  workflowComplete,
  turnFailed,
  turnDone,
]);

export type TurnEventType = TurnEvent['type'];

/** The first frame of every stream: the position from which it continues. */
export type Connected = Inferred<typeof connectedSchema>;
export const connectedSchema = event(
  'connected',
  z.object({ threadId: id, turnId: id.exactOptional(), lastEventId: whole }),
);

/** Replaces every event up to `lastEventId`, if those are no longer stored one by one. */
export type Snapshot = Inferred<typeof snapshotSchema>;
export const snapshotSchema = event(
  'snapshot',
  z.object({ turnId: id, messageId: id, content: z.string(), lastEventId: whole, withheld }),
);

/** The turn waits for inputs: the last frame of a stream that was opened for one turn. */
export type Suspended = Inferred<typeof suspendedSchema>;
export const suspendedSchema = event('suspended', z.object({ turnId: id, inputIds: z.array(id) }));

/** Control frames: sent to one watcher, never stored, and without an id. */
export type ControlEvent = Connected | Snapshot | Suspended;
