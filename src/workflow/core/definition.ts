import { z } from 'zod';

/** The format that definitions are written in. It changes when what is valid now would not be any more. */
export const FORMAT = 1;

/** The most steps of a definition, with those inside other steps. */
export const MAX_DEFINED_STEPS = 500;
/** How deep steps are inside each other. */
export const MAX_NESTING = 8;
/** So many steps run between two messages of the user, unless the definition says otherwise. */
export const DEFAULT_MAX_STEPS = 100;

export const stepName = () => z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
/** The name of a variable. */
export const variableName = () => z.string().regex(/^[a-z][a-zA-Z0-9_-]{0,63}$/);

/** What every kind of step has. */
export const STEP_FIELDS = {
  id: stepName(),
  title: z.string().min(1).max(200),
  next: z
    .string()
    .optional()
    .describe(
      'The step that follows; absent: none does. A chat step that names itself answers every message.',
    ),
  onError: z
    .string()
    .optional()
    .describe(
      'The step that follows when this one has failed; absent: the turn fails, and the next goes on here.',
    ),
  retries: z
    .strictObject({
      max: z.number().int().min(1).max(5),
      backoffMs: z
        .number()
        .int()
        .min(0)
        .max(60_000)
        .default(500)
        .describe('Doubled before each further one.'),
    })
    .optional()
    .describe('How often it is tried again when it fails in a way that may pass.'),
  timeoutMs: z.number().int().min(100).max(3_600_000).optional().describe('After so long it has failed.'),
  needsMessage: z
    .boolean()
    .optional()
    .describe(
      'Whether it is run only for a message of the user that is not answered yet, as every chat step is.',
    ),
};

/** A step as far as the way of a run depends on it. */
export interface StepFields {
  readonly id: string;
  readonly title: string;
  readonly kind?: string | undefined;
  readonly next?: string | undefined;
  readonly onError?: string | undefined;
  readonly retries?: { readonly max: number; readonly backoffMs: number } | undefined;
  readonly timeoutMs?: number | undefined;
  readonly needsMessage?: boolean | undefined;
}

/** Steps that follow each other, from one of them on. */
export interface Body<Step extends StepFields = StepFields> {
  readonly start: string;
  readonly steps: readonly Step[];
}

/** A workflow as data: its steps, and which one follows which. */
export interface Definition<Step extends StepFields = StepFields> extends Body<Step> {
  readonly name: string;
  readonly version: number;
  readonly title: string;
  readonly description: string;
  readonly maxSteps?: number | undefined;
  readonly format?: typeof FORMAT | undefined;
}

/** What every workflow has besides its steps. */
export const DEFINITION_FIELDS = {
  format: z.literal(FORMAT).optional().describe('The version of this format.'),
  name: stepName(),
  version: z.number().int().positive(),
  title: z.string().min(1).max(200),
  description: z.string().max(2_000),
  start: z.string(),
  maxSteps: z
    .number()
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe(`So many steps run between two messages of the user, ${DEFAULT_MAX_STEPS} unless it is said.`),
};

/** The step with which a version of a workflow begins. */
export interface FirstStep {
  readonly workflow: string;
  readonly version: number;
  readonly step: string;
}

/** The step of the id, among those that are in no other step. */
export function stepOf<Step extends StepFields>(
  definition: Body<Step> & { name?: string },
  id: string,
): Step {
  const step = definition.steps.find((candidate) => candidate.id === id);
  if (step === undefined) throw new Error(`workflow ${definition.name ?? ''} has no step ${id}`);
  return step;
}
