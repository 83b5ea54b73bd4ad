import { z } from 'zod';
import { newId, type ResolvedInput } from '../../kernel/index.js';
import { STEP_FIELDS } from '../core/definition.js';
import type { RunStep, StepEnd } from './step-kind.js';

const MAX_FIELDS = 50;
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
    prompt: z.string().min(1).max(20_000).describe('What the person is asked.'),
    schema: formSchema,
    assignee: who.optional().describe('A user who may answer besides the owner of the thread.'),
    role: who.optional().describe('Whoever has the role may answer, too.'),
    expiresInSeconds: z.number().int().positive().max(MAX_SECONDS),
    onExpired: z.string().optional().describe('The step that follows when nobody has answered in time.'),
    onDeclined: z.string().optional().describe('The step that follows when it was declined or cancelled.'),
  })
  .meta({
    id: 'HumanStep',
    description: 'Asks a person, and waits. Without a step that follows, the run is complete.',
  });

export type HumanStep = Readonly<z.output<typeof humanStepSchema>>;

/** Waits for a person's answer, and then goes where it leads. */
export const runHumanStep: RunStep<HumanStep> = (step, { inputs, key }) => {
  const resolved = inputs.get(key);
  return resolved === undefined
    ? { type: 'waits', waitsFor: [requested(step, key)] }
    : decided(step, resolved);
};

function requested({ prompt, schema, assignee, role, expiresInSeconds }: HumanStep, key: string) {
  const expiresAt = new Date(Date.now() + expiresInSeconds * 1_000).toISOString();
  return { id: newId(), key, kind: 'human_step' as const, prompt, schema, assignee, role, expiresAt };
}

function decided(step: HumanStep, { outcome, content }: ResolvedInput): StepEnd {
  switch (outcome) {
    case 'accepted':
      return { type: 'decided', isAccepted: true, entered: content, next: step.next };
    case 'expired':
      return { type: 'decided', isAccepted: false, next: step.onExpired };
    case 'declined':
    case 'cancelled':
      return { type: 'decided', isAccepted: false, next: step.onDeclined };
  }
}
