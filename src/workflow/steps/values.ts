import { z } from 'zod';
import { evaluate, expressionProblem, MAX_EXPRESSION } from './expression.js';
import { MAX_TEMPLATE, render, templateProblem, type View } from './template.js';

const MAX_ARGUMENTS = 50;

/** An expression in CEL over the variables of the run. */
export const expressionSchema = z
  .string()
  .min(1)
  .max(MAX_EXPRESSION)
  .superRefine((expression, context) => {
    const problem = expressionProblem(expression);
    if (problem !== undefined) context.addIssue(problem);
  });

/** What a tool is given: templates, `{ "expression": … }`, or values as they are. */
export const argumentsSchema = z
  .record(z.string().min(1).max(100), z.unknown())
  .refine((args) => Object.keys(args).length <= MAX_ARGUMENTS, `has more than ${MAX_ARGUMENTS} arguments`)
  .superRefine((args, context) => {
    for (const [name, value] of Object.entries(args)) {
      const problem = problemOf(value);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, path: [name] });
    }
  })
  .default({})
  .describe(
    'Texts are templates; `{ "expression": "…" }` is what the expression comes to; all else is as it is.',
  );

function problemOf(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value.length > MAX_TEMPLATE ? `has more than ${MAX_TEMPLATE} characters` : templateProblem(value);
  }
  return isExpression(value) ? expressionProblem(value.expression) : undefined;
}

function isExpression(value: unknown): value is { readonly expression: string } {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false;
  return 'expression' in value && typeof value.expression === 'string';
}

/** The arguments with the values of a run. */
export function argumentsOf(args: Readonly<Record<string, unknown>>, view: View): Record<string, unknown> {
  const values = Object.entries(args).map(([name, value]): [string, unknown] => {
    if (typeof value === 'string') return [name, render(value, view)];
    return [name, isExpression(value) ? evaluate(value.expression, view) : value];
  });
  return Object.fromEntries(values);
}
