import { z } from 'zod';
import { AppError } from '../../kernel/index.js';
import { STEP_FIELDS } from '../core/definition.js';
import { evaluate, firstLine } from './expression.js';
import type { StepKind } from './step-kind.js';
import { expressionSchema } from './values.js';

const caseSchema = z.strictObject({
  when: expressionSchema.describe('A condition, in CEL.'),
  to: z.string().describe('The step that follows where it holds.'),
});

export const branchStepSchema = z
  .strictObject({
    ...STEP_FIELDS,
    kind: z.literal('branch'),
    cases: z
      .array(caseSchema)
      .min(1)
      .max(20)
      .describe('The first one that holds decides; `next` follows where none does.'),
  })
  .meta({ id: 'BranchStep', description: 'Goes on where a condition leads.' });

export type BranchStep = Readonly<z.output<typeof branchStepSchema>>;

/** Chooses the step that follows. */
export const branchKind: StepKind<BranchStep> = {
  ways: ({ cases }) => cases.map(({ to }, at) => [`cases.${at}.to`, to]),
  run(step, { view }) {
    const values = view();
    for (const [at, { when, to }] of step.cases.entries())
      if (holds(when, values, step.id, at)) return chosen(to);
    return chosen(step.next);
  },
};

function chosen(next: string | undefined) {
  return { type: 'chosen' as const, next };
}

function holds(when: string, view: Parameters<typeof evaluate>[1], step: string, at: number): boolean {
  try {
    return evaluate(when, view) === true;
  } catch (error) {
    throw unanswerable(step, `cases.${at}.when`, error);
  }
}

/** The error for an expression that cannot be computed from what the run has. */
export function unanswerable(step: string, field: string, error: unknown): AppError {
  return new AppError(
    'STATE_CONFLICT',
    'An expression of the workflow cannot be computed from what its run has.',
    {
      details: { step, field, problem: firstLine(error) },
      cause: error,
    },
  );
}
