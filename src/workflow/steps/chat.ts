import { z } from 'zod';
import { maxSentencesSchema, sentencesOf } from './max-sentences.js';
import { MODEL_STEP_FIELDS } from './model-step.js';
import type { RunStep } from './step-kind.js';

export const chatStepSchema = z
  .strictObject({
    ...MODEL_STEP_FIELDS,
    kind: z.literal('chat').optional(),
    maxSentences: maxSentencesSchema,
  })
  .meta({
    id: 'ChatStep',
    description: 'Answers a message of the user: each turn runs one of these at most.',
  });

export type ChatStep = Readonly<z.output<typeof chatStepSchema>>;

/** Answers the user's message. */
export const runChatStep: RunStep<ChatStep> = (step, { input, ask }) =>
  ask({ ...step, maxSentences: sentencesOf(step) }, [], input.content);
