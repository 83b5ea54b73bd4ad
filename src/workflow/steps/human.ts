import { z } from 'zod';
import { newId, type ResolvedInput } from '../../kernel/index.js';
import { STEP_FIELDS, variableName } from '../core/definition.js';
import { templateSchema } from './model-step.js';
import type { StepEnd, StepKind } from './step-kind.js';
import { render, type View } from './template.js';

const MAX_FIELDS = 50;
/** UTF-16 code units of what a person is asked. */
const MAX_PROMPT = 20_000;
const MAX_SECONDS = 366 * 24 * 3600;
const who = z.string().min(1).max(200);

const formSchema = z
  .looseObject({
    type: z.literal('object'),
    properties: z
      .record(z.string().max(100), z.record(z.string(), z.unknown()))
      .refine((properties) => Object.keys(properties).length <= MAX_FIELDS, `at most ${MAX_FIELDS} fields`),
    required: z.array(z.string()).max(MAX_FIELDS).optional(),
  })
  .describe('The form, as a JSON Schema of an object.');

export const humanStepSchema = z
  .strictObject({
    ...STEP_FIELDS,
    kind: z.literal('human'),
    prompt: templateSchema.min(1).describe('What the person is asked.'),
    schema: formSchema,
    assignee: who.optional().describe('A user who may answer besides the owner of the thread.'),
    role: who.optional().describe('Whoever has the role may answer, too.'),
    expiresInSeconds: z.number().int().positive().max(MAX_SECONDS),
    onExpired: z.string().optional().describe('The step that follows when nobody has answered in time.'),
    into: variableName()
      .optional()
      .describe('The variable that has what was entered; absent: it is called as the step.'),
    onDeclined: z.string().optional().describe('The step that follows when it was declined or cancelled.'),
  })
  .meta({
    id: 'HumanStep',
    description: 'Asks a person, and waits. Without a step that follows, the run is complete.',
  });

export type HumanStep = Readonly<z.output<typeof humanStepSchema>>;

/** Waits for a person's answer, and then goes where it leads. */
export const humanKind: StepKind<HumanStep> = {
  ways: ({ onExpired, onDeclined }) => [
    ['onExpired', onExpired],
    ['onDeclined', onDeclined],
  ],
  problems: (step) =>
    [step.next, step.onExpired, step.onDeclined].includes(step.id)
      ? [[[], 'what a person is asked does not follow itself']]
      : [],
  run(step, { inputs, key, view }) {
    const resolved = inputs.get(key);
    return resolved === undefined
      ? { type: 'waits', waitsFor: [requested(step, key, view())] }
      : decided(step, resolved);
  },
};

function requested(step: HumanStep, key: string, view: View) {
  const { schema, assignee, role, expiresInSeconds } = step;
  const prompt = render(step.prompt, view).slice(0, MAX_PROMPT).toWellFormed();
  const expiresAt = new Date(Date.now() + expiresInSeconds * 1_000).toISOString();
  return { id: newId(), key, kind: 'human_step' as const, prompt, schema, assignee, role, expiresAt };
}

function decided(step: HumanStep, { outcome, content }: ResolvedInput): StepEnd {
  switch (outcome) {
    case 'accepted':
      return { type: 'decided', isAccepted: true, entered: content, into: step.into, next: step.next };
    case 'expired':
      return { type: 'decided', isAccepted: false, next: step.onExpired };
    case 'declined':
    case 'cancelled':
      return { type: 'decided', isAccepted: false, next: step.onDeclined };
  }
}
