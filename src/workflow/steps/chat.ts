import { z } from 'zod';
import { maxSentencesSchema, sentencesOf } from './max-sentences.js';
import { MODEL_STEP_FIELDS, worded } from './model-step.js';
import type { StepKind } from './step-kind.js';
import { render } from './template.js';

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
export const chatKind: StepKind<ChatStep> = {
  needsMessage: true,
  run(step, { input, ask, view }) {
    const words = step.prompt === undefined ? '' : render(step.prompt, view());
    const content = words === '' ? input.content : `${input.content}\n\n${words}`;
    return ask({ ...worded(step, view), maxSentences: sentencesOf(step) }, [], content);
  },
};
