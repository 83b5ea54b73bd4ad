import { z } from 'zod';
import { variableName } from '../core/definition.js';
import { formatOf, objectSchema, readJson } from './json-answer.js';
import { MODEL_STEP_FIELDS, worded } from './model-step.js';
import type { StepKind, StepWork } from './step-kind.js';
import { render } from './template.js';

export const generateStepSchema = z
  .strictObject({
    ...MODEL_STEP_FIELDS,
    kind: z.literal('generate'),
    into: variableName()
      .optional()
      .describe('The variable that has the answer, which is then said to nobody.'),
    schema: objectSchema
      .optional()
      .describe('The answer is JSON by this JSON Schema, asked for once more if it is not.'),
  })
  .meta({
    id: 'GenerateStep',
    description:
      'A model call of its own. Its answer is a message, or, with `into`, a variable: it follows without another message of the user.',
  });

export type GenerateStep = Readonly<z.output<typeof generateStepSchema>>;

/** Asks a model to go on with the step after what was said in the turn. */
export const generateKind: StepKind<GenerateStep> = {
  async run(step, work) {
    const { input, own, view, isBeside } = work;
    const before = [{ role: 'user' as const, content: input.content }, ...own];
    const content = contentOf(step, work);
    const asked = worded(step, view);
    if (step.into === undefined && step.schema === undefined && !isBeside)
      return work.ask(asked, before, content);
    const { into, schema } = step;
    if (schema !== undefined) return { ...(await readJson(asked, work, before, content, schema)), into };
    const { text, basis } = await work.askSilently(asked, before, content, formatOf(schema));
    return { type: 'kept', value: text, into, basis };
  },
};

function contentOf(step: GenerateStep, { view }: StepWork): string {
  return step.prompt === undefined ? goingOn(step) : render(step.prompt, view());
}

/** What stands in place of the user's message where a step has none: templates of models want the user to speak last. */
export function goingOn({ title }: Pick<GenerateStep, 'title'>): string {
  return `Go on with the next step: ${title}.`;
}
