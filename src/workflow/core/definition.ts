import { z } from 'zod';

const stepSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
    title: z.string().min(1).max(200),
    /** What the model is told to do in this step, before the conversation. */
    instructions: z.string().max(20_000),
    /** Whether documents are searched for what the user said. */
    retrieve: z.boolean(),
    /** The step that the next message runs; absent: the run is complete after this one. An open step names itself. */
    next: z.string().optional(),
    maxTokens: z.number().int().positive().max(1_000_000).optional(),
  })
  .meta({ id: 'WorkflowStep' });

/** A workflow as data: which step a message runs, and which one follows. */
export const definitionSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
    version: z.number().int().positive(),
    title: z.string().min(1).max(200),
    description: z.string().max(2_000),
    start: z.string(),
    steps: z.array(stepSchema).min(1).max(100),
  })
  .superRefine((definition, context) => {
    const ids = new Set(definition.steps.map(({ id }) => id));
    if (ids.size !== definition.steps.length) context.addIssue('two steps have the same id');
    if (!ids.has(definition.start)) context.addIssue('`start` names no step');
    for (const { id, next } of definition.steps) {
      if (next !== undefined && !ids.has(next)) context.addIssue(`step ${id}: \`next\` names no step`);
    }
  })
  .meta({ id: 'Workflow' });

export type WorkflowDefinition = Readonly<z.output<typeof definitionSchema>>;
export type StepDefinition = WorkflowDefinition['steps'][number];

/** The step of the id. A run never names a step its pinned definition does not have. */
export function stepOf(definition: WorkflowDefinition, id: string): StepDefinition {
  const step = definition.steps.find((candidate) => candidate.id === id);
  if (step === undefined) throw new Error(`workflow ${definition.name} has no step ${id}`);
  return step;
}
