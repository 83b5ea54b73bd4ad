import { z } from 'zod';
import { STEP_FIELDS, stepName, type Body, type StepFields } from '../core/definition.js';
import { bodyFields, type InnerSteps } from './bodies.js';
import type { StepKind } from './step-kind.js';

export const MAX_BRANCHES = 20;

export const parallelStepSchema = (steps: InnerSteps) =>
  z
    .strictObject({
      ...STEP_FIELDS,
      kind: z.literal('parallel'),
      branches: z
        .array(z.strictObject({ id: stepName(), ...bodyFields(steps) }))
        .min(1)
        .max(MAX_BRANCHES),
    })
    .meta({
      id: 'ParallelStep',
      description: 'Runs several sequences of steps side by side, and goes on when all have ended.',
    });

export interface ParallelStep extends StepFields {
  readonly kind: 'parallel';
  readonly branches: readonly (Body & { readonly id: string })[];
}

/** Opens its branches. */
export const parallelKind: StepKind<ParallelStep> = {
  bodies: ({ branches }) => branches.map(({ id, start, steps }) => ({ key: id, start, steps })),
  problems({ branches }) {
    const ids = new Set(branches.map(({ id }) => id));
    return ids.size === branches.length ? [] : [[['branches'], 'two branches have the same id']];
  },
  run: ({ branches }) => ({
    type: 'opens',
    bodies: branches.map(({ id, start }) => `${id}/${start}`),
    atOnce: branches.length,
    value: Object.fromEntries(branches.map(({ id }) => [id, {}])),
  }),
};
