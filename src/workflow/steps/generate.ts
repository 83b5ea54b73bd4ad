import { z } from 'zod';
import { MODEL_STEP_FIELDS } from './model-step.js';
import type { RunStep } from './step-kind.js';

export const generateStepSchema = z.strictObject({ ...MODEL_STEP_FIELDS, kind: z.literal('generate') }).meta({
  id: 'GenerateStep',
  description:
    'A model call of its own, whose answer is a message: it follows without another message of the user.',
});

export type GenerateStep = Readonly<z.output<typeof generateStepSchema>>;

/** Asks a model to go on with the step after what was said in the turn. */
export const runGenerateStep: RunStep<GenerateStep> = (step, { input, own, ask }) =>
  ask(step, [{ role: 'user', content: input.content }, ...own], goingOn(step));

/** What stands in place of the user's message where a step has none: templates of models want the user to speak last. */
export function goingOn({ title }: Pick<GenerateStep, 'title'>): string {
  return `Go on with the next step: ${title}.`;
}
