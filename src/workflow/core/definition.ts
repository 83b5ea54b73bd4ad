import { z } from 'zod';

const name = () => z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);

/** What every kind of step has. */
export const STEP_FIELDS = {
  id: name(),
  title: z.string().min(1).max(200),
  /** The step that follows; absent: the run is complete after this one. An open step names itself. */
  next: z.string().optional(),
};

/** A step as far as the way of a run depends on it. */
export interface StepFields {
  readonly id: string;
  readonly title: string;
  readonly kind?: string | undefined;
  readonly next?: string | undefined;
}

/** A workflow as data: its steps, and which one follows which. */
export interface Definition<Step extends StepFields = StepFields> {
  readonly name: string;
  readonly version: number;
  readonly title: string;
  readonly description: string;
  readonly start: string;
  readonly steps: readonly Step[];
}

/** What every workflow has besides its steps. */
export const DEFINITION_FIELDS = {
  name: name(),
  version: z.number().int().positive(),
  title: z.string().min(1).max(200),
  description: z.string().max(2_000),
  start: z.string(),
};

/** The step with which a version of a workflow begins. */
export interface FirstStep {
  readonly workflow: string;
  readonly version: number;
  readonly step: string;
}

/** The step of the id. A run never names a step its pinned definition does not have. */
export function stepOf<Step extends StepFields>(definition: Definition<Step>, id: string): Step {
  const step = definition.steps.find((candidate) => candidate.id === id);
  if (step === undefined) throw new Error(`workflow ${definition.name} has no step ${id}`);
  return step;
}
