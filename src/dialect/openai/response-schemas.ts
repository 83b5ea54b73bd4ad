import { z } from 'zod';
import { ERROR_CATALOGUE, type ErrorCode } from '../../kernel/index.js';

const whole = z.number().int();

export const usage = z.object({
  prompt_tokens: whole,
  completion_tokens: whole,
  total_tokens: whole,
  prompt_tokens_details: z.object({ cached_tokens: whole }),
  completion_tokens_details: z.object({ reasoning_tokens: whole }),
});

export const finishReason = z.enum(['stop', 'length', 'tool_calls', 'content_filter']);

export const toolCall = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});

export const executedTool = z
  .object({
    index: whole,
    id: z.string(),
    type: z.literal('threadline'),
    name: z.string(),
    arguments: z.string(),
    output: z.string().describe('What the model was given of its result.'),
    ok: z.boolean(),
  })
  .meta({
    id: 'ExecutedTool',
    description: 'A call that the server has made. Send it back with its message.',
  });

const heading = { id: z.string(), created: whole, model: z.string(), system_fingerprint: z.null() };

/** The response of `POST /v1/chat/completions`. */
export const completionResponse = z.object({
  ...heading,
  object: z.literal('chat.completion'),
  choices: z.array(
    z.object({
      index: z.literal(0),
      message: z.object({
        role: z.literal('assistant'),
        content: z.string().nullable(),
        reasoning_content: z.string().optional(),
        refusal: z.null(),
        tool_calls: z.array(toolCall).optional(),
        executed_tools: z.array(executedTool).optional(),
      }),
      logprobs: z.null(),
      finish_reason: finishReason,
    }),
  ),
  usage,
});

/** In a stream, a call's first piece has its name; the others only continue its arguments. */
const toolCallPiece = z.object({
  index: whole,
  id: z.string().optional(),
  type: z.literal('function').optional(),
  function: z.object({ name: z.string().optional(), arguments: z.string() }),
});

/** The JSON in each `data:` line of a stream. */
export const chunkResponse = z.object({
  ...heading,
  object: z.literal('chat.completion.chunk'),
  choices: z.array(
    z.object({
      index: z.literal(0),
      delta: z.object({
        role: z.literal('assistant').optional(),
        content: z.string().nullable().optional(),
        reasoning_content: z.string().optional(),
        refusal: z.null().optional(),
        tool_calls: z.array(toolCallPiece).optional(),
        executed_tools: z.array(executedTool).optional(),
      }),
      logprobs: z.null(),
      finish_reason: finishReason.nullable(),
    }),
  ),
  usage: usage.nullable().optional(),
});

export const modelResponse = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: whole,
  owned_by: z.string(),
});

export const modelsResponse = z.object({ object: z.literal('list'), data: z.array(modelResponse) });

export const openAiErrorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.null(),
      code: z.enum(Object.keys(ERROR_CATALOGUE) as [ErrorCode, ...ErrorCode[]]),
      retryable: z.boolean(),
      details: z.record(z.string(), z.unknown()),
    }),
  })
  .describe('An error of the catalogue, in OpenAI’s words.');

/** The `data:` of a frame; the last one is `[DONE]`, unless it is the error. */
export const completionFrame = z.union([chunkResponse, openAiErrorSchema, z.literal('[DONE]')]);
