import { z } from 'zod';
import { errorBodySchema } from './app-error.js';
import { citationSchema, finishReasonSchema, messageSchema, usageSchema } from './message.js';
import { timeSchema, type Inferred } from './schema.js';

const id = z.uuid();
const whole = z.number().int();

/** Only with content that its reader may not read, which is `[withheld]`. */
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

/** A piece of the answer, or, when `isComplete`, its whole text once more with what it cost. */
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

/** Takes back what the message has said so far: another attempt follows. */
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

export type ToolResult = Inferred<typeof toolResult>;
const toolResult = event(
  'tool_result',
  z.object({
    callId: z.string(),
    name: z.string(),
    ok: z.boolean(),
    content: z.string(),
    durationMs: z.number(),
  }),
);

export type InputRequired = Inferred<typeof inputRequired>;
/** What a turn asks a person for. */
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

/** What came of an input: it was answered, or nobody can answer it any more. */
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
 * ★ The spine: everything that can happen in a turn, and so everything a log can hold and a client can see.
 * Closed on purpose: a type that is added does not compile until `fold-turn` and whoever else reads events know it. Shapes
 * are the public contract. The schema is what the OpenAPI document is made of; no event is validated on its way.
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
  toolResult,
  inputRequired,
  inputResolved,
  workflowComplete,
  turnFailed,
  turnDone,
]);

export type TurnEventType = TurnEvent['type'];

/** The first frame of every stream: where it goes on from. */
export type Connected = Inferred<typeof connectedSchema>;
export const connectedSchema = event(
  'connected',
  z.object({ threadId: id, turnId: id.exactOptional(), lastEventId: whole }),
);

/** Stands for every event up to `lastEventId`, where those are no longer kept one by one. */
export type Snapshot = Inferred<typeof snapshotSchema>;
export const snapshotSchema = event(
  'snapshot',
  z.object({ turnId: id, messageId: id, content: z.string(), lastEventId: whole, withheld }),
);

/** The turn waits: the last frame of a stream that was opened for one turn. */
export type Suspended = Inferred<typeof suspendedSchema>;
export const suspendedSchema = event('suspended', z.object({ turnId: id, inputIds: z.array(id) }));

/** Control frames: sent to one watcher, never stored, and never carrying an id. */
export type ControlEvent = Connected | Snapshot | Suspended;
