import { z } from 'zod';
import { STEP_FIELDS, stepName, type Body, type StepFields } from '../core/definition.js';
import type { StepKind } from './step-kind.js';
import { INPUT } from './template.js';
import { argumentsOf, argumentsSchema } from './values.js';

export const subworkflowStepSchema = z
  .strictObject({
    ...STEP_FIELDS,
    kind: z.literal('subworkflow'),
    workflow: stepName().describe('The workflow that is run inside.'),
    version: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('Absent: the newest one when the definition is published.'),
    input: argumentsSchema,
  })
  .meta({
    id: 'SubworkflowStep',
    description: 'Runs another workflow inside, which has variables of its own and is given an `input`.',
  });

export interface SubworkflowStep extends StepFields {
  readonly kind: 'subworkflow';
  readonly workflow: string;
  readonly version?: number | undefined;
  readonly input: Readonly<Record<string, unknown>>;
  /** The steps of that workflow, once they were found. */
  readonly body?: Body | undefined;
}

/** Goes on inside of it. */
export const subworkflowKind: StepKind<SubworkflowStep> = {
  bodies: ({ body }) => (body === undefined ? [] : [{ ...body, key: undefined }]),
  run: (step, { view }) => ({
    type: 'opens',
    bodies: step.body === undefined ? [] : [step.body.start],
    atOnce: 1,
    value: { [INPUT]: argumentsOf(step.input, view()) },
  }),
};
