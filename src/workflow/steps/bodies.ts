import { z } from 'zod';
import type { StepFields } from '../core/definition.js';

/** The schema of the steps that are inside a step, which are of all kinds. */
export type InnerSteps = z.ZodType<readonly StepFields[]>;

/** What a step has that has others inside. */
export const bodyFields = (steps: InnerSteps) => ({
  start: z.string().describe('The step inside that is run first.'),
  steps: steps.describe('The steps inside; where none follows, that is its end.'),
});
