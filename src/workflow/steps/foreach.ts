import { z } from 'zod';
import { AppError } from '../../kernel/index.js';
import { STEP_FIELDS, type StepFields } from '../core/definition.js';
import { bodyFields, type InnerSteps } from './bodies.js';
import { unanswerable } from './branch.js';
import { evaluate } from './expression.js';
import type { StepKind } from './step-kind.js';
import { ITEM, type View } from './template.js';
import { expressionSchema } from './values.js';

const MAX_ITEMS = 100;
const MAX_AT_ONCE = 10;

export const foreachStepSchema = (steps: InnerSteps) =>
  z
    .strictObject({
      ...STEP_FIELDS,
      kind: z.literal('foreach'),
      items: expressionSchema.describe(`A list of at most ${MAX_ITEMS} items, in CEL.`),
      concurrency: z.number().int().min(1).max(MAX_AT_ONCE).default(4).describe('For so many items at once.'),
      ...bodyFields(steps),
    })
    .meta({
      id: 'ForeachStep',
      description:
        'Runs the same steps for each item of a list; they have it as `item`, and its number as `index`.',
    });

export interface ForeachStep extends StepFields {
  readonly kind: 'foreach';
  readonly items: string;
  readonly concurrency: number;
  readonly start: string;
  readonly steps: readonly StepFields[];
}

/** Opens a body for each item. */
export const foreachKind: StepKind<ForeachStep> = {
  bodies: ({ start, steps }) => [{ key: '*', start, steps }],
  run(step, { view }) {
    const items = itemsOf(step, view());
    return {
      type: 'opens',
      bodies: items.map((_, at) => `${at}/${step.start}`),
      atOnce: step.concurrency,
      value: items.map((item) => ({ [ITEM]: item })),
    };
  },
};

function itemsOf({ id, items }: ForeachStep, view: View): readonly unknown[] {
  let found: unknown;
  try {
    found = evaluate(items, view);
  } catch (error) {
    throw unanswerable(id, 'items', error);
  }
  if (Array.isArray(found) && found.length <= MAX_ITEMS) return found as readonly unknown[];
  const what = Array.isArray(found) ? `a list of more than ${MAX_ITEMS} items` : 'no list';
  throw new AppError('STATE_CONFLICT', `What a step of the workflow goes through is ${what}.`, {
    details: { step: id },
  });
}
