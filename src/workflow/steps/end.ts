import { z } from 'zod';
import { STEP_FIELDS } from '../core/definition.js';
import type { StepKind } from './step-kind.js';

const { id, title } = STEP_FIELDS;

export const endStepSchema = z
  .strictObject({ id, title, kind: z.literal('end') })
  .meta({ id: 'EndStep', description: 'Ends the run, or inside a step what that one has inside.' });

export type EndStep = Readonly<z.output<typeof endStepSchema>>;

/** Ends what it is in. */
export const endKind: StepKind<EndStep> = { run: () => ({ type: 'finished' }) };
