import { z } from 'zod';
import { newId } from '../../kernel/index.js';
import { STEP_FIELDS } from '../core/definition.js';
import type { StepKind, StepWork } from './step-kind.js';

const MAX_SECONDS = 366 * 24 * 3600;

export const waitStepSchema = z
  .strictObject({
    ...STEP_FIELDS,
    kind: z.literal('wait'),
    seconds: z.number().int().positive().max(MAX_SECONDS).optional(),
    until: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('A time; one that is over is not waited for.'),
  })
  .refine(
    ({ seconds, until }) => (seconds === undefined) !== (until === undefined),
    'has either `seconds` or `until`',
  )
  .meta({
    id: 'WaitStep',
    description: 'Goes on later. It may be months: what waits is a row, and no timer.',
  });

export type WaitStep = Readonly<z.output<typeof waitStepSchema>>;

/** Goes on when its time has come, or when somebody says that it is to. */
export const waitKind: StepKind<WaitStep> = {
  run(step, { inputs, key }: StepWork) {
    const done =
      inputs.get(key) !== undefined || (step.until !== undefined && Date.parse(step.until) <= Date.now());
    if (done) return { type: 'chosen', next: step.next };
    const at = step.until === undefined ? Date.now() + (step.seconds ?? 0) * 1_000 : Date.parse(step.until);
    const expiresAt = new Date(at).toISOString();
    const prompt = `Waits until ${expiresAt}. Accept to go on now.`;
    const input = {
      id: newId(),
      key,
      kind: 'human_step' as const,
      prompt,
      schema: NOTHING_TO_FILL_IN,
      expiresAt,
    };
    return { type: 'waits', waitsFor: [input] };
  },
};

const NOTHING_TO_FILL_IN = { type: 'object', properties: {}, additionalProperties: false };
