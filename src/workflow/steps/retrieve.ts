import { z } from 'zod';
import { STEP_FIELDS, variableName } from '../core/definition.js';
import { templateSchema } from './model-step.js';
import type { StepKind } from './step-kind.js';
import { render } from './template.js';

export const retrieveStepSchema = z
  .strictObject({
    ...STEP_FIELDS,
    kind: z.literal('retrieve'),
    query: templateSchema.optional().describe('What is looked for; absent: what the user said.'),
    limit: z.number().int().min(1).max(20).default(6),
    into: variableName()
      .optional()
      .describe('The variable that has the passages; absent: it is called as the step.'),
  })
  .meta({ id: 'RetrieveStep', description: 'Searches the documents that the user may read.' });

export type RetrieveStep = Readonly<z.output<typeof retrieveStepSchema>>;

/** Finds passages, which later steps read as a variable. */
export const retrieveKind: StepKind<RetrieveStep> = {
  async run({ query, limit, into }, { input, view, search }) {
    const { passages, basis } = await search(
      query === undefined ? input.content : render(query, view()),
      limit,
    );
    return { type: 'kept', value: passages, into, basis };
  },
};
