import { z } from 'zod';
import { STEP_FIELDS, variableName } from '../core/definition.js';
import { MODEL_STEP_FIELDS } from './model-step.js';
import { argumentsOf, argumentsSchema } from './values.js';
import type { StepKind } from './step-kind.js';

export const toolStepSchema = z
  .strictObject({
    ...STEP_FIELDS,
    kind: z.literal('tool'),
    tool: z.string().min(1).max(64).describe('The name of one of the user’s tools.'),
    arguments: argumentsSchema,
    approval: MODEL_STEP_FIELDS.approval,
    onFailed: z
      .string()
      .optional()
      .describe('The step that follows when the call has failed; absent: the one of `onError`.'),
    into: variableName()
      .optional()
      .describe('The variable that has the result; absent: it is called as the step.'),
  })
  .meta({ id: 'ToolStep', description: 'Calls a tool, with the approvals that hold for it.' });

export type ToolStep = Readonly<z.output<typeof toolStepSchema>>;

/** Calls a tool without a model. */
export const toolKind: StepKind<ToolStep> = {
  ways: ({ onFailed }) => [['onFailed', onFailed]],
  async run(step, { call, view }) {
    const { tool, approval, into } = step;
    const asking = { id: step.id, instructions: '', retrieve: false, tools: [tool], approval };
    const end = await call(asking, tool, argumentsOf(step.arguments, view()));
    if (end.type === 'waits') return end;
    const value = { ok: end.ok, content: end.content, ...structuredIn(end.content) };
    const next = end.ok ? {} : { next: step.onFailed ?? step.onError ?? step.next };
    return { type: 'kept', value, into, rounds: end.rounds, ...next };
  },
};

/** The result as data where it is some: most tools answer JSON. */
function structuredIn(content: string): { readonly data?: unknown } {
  try {
    return { data: JSON.parse(content) as unknown };
  } catch {
    return {};
  }
}
