import { z } from 'zod';
import { STEP_FIELDS, variableName } from '../core/definition.js';
import { objectSchema, readJson } from './json-answer.js';
import { CHOICE_FIELDS, templateSchema, worded } from './model-step.js';
import type { StepKind } from './step-kind.js';

export const extractStepSchema = z
  .strictObject({
    ...STEP_FIELDS,
    ...CHOICE_FIELDS,
    kind: z.literal('extract'),
    instructions: templateSchema.default('').describe('What is to be read out of the conversation.'),
    schema: objectSchema.describe('The fields, as a JSON Schema of an object.'),
    into: variableName().optional().describe('The variable that has them; absent: it is called as the step.'),
  })
  .meta({ id: 'ExtractStep', description: 'Reads fields out of the conversation into a variable.' });

export type ExtractStep = Readonly<z.output<typeof extractStepSchema>>;

const WORDS = 'Read the fields out of the conversation above. Leave out what was not said; invent nothing.';

/** Has a model read fields out of what was said. */
export const extractKind: StepKind<ExtractStep> = {
  async run(step, work) {
    const { input, own, view } = work;
    const before = [{ role: 'user' as const, content: input.content }, ...own];
    const asked = { ...worded(step, view), retrieve: false };
    return { ...(await readJson(asked, work, before, WORDS, step.schema)), into: step.into };
  },
};
