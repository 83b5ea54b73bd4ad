import { z } from 'zod';
import { assertNever } from '../../kernel/index.js';
import { DEFINITION_FIELDS, type Definition } from '../core/definition.js';
import { chatStepSchema, runChatStep } from './chat.js';
import { generateStepSchema, runGenerateStep } from './generate.js';
import { humanStepSchema, runHumanStep } from './human.js';
import type { StepEnd, StepWork } from './step-kind.js';

const stepSchema = z
  .discriminatedUnion('kind', [chatStepSchema, generateStepSchema, humanStepSchema])
  .meta({ id: 'WorkflowStep' });

export type StepDefinition = Readonly<z.output<typeof stepSchema>>;
export type WorkflowDefinition = Definition<StepDefinition>;

/** A workflow as data: which step a message runs, and which ones follow. */
export const definitionSchema = z
  .strictObject({ ...DEFINITION_FIELDS, steps: z.array(stepSchema).min(1).max(100) })
  .superRefine((definition, context) => {
    for (const problem of problemsOf(definition)) context.addIssue(problem);
  })
  .meta({ id: 'Workflow' });

/** Runs a step of whichever kind. */
export function runStep(step: StepDefinition, work: StepWork): StepEnd | Promise<StepEnd> {
  switch (step.kind) {
    case undefined:
    case 'chat':
      return runChatStep(step, work);
    case 'generate':
      return runGenerateStep(step, work);
    case 'human':
      return runHumanStep(step, work);
    default:
      return assertNever(step);
  }
}

/** Whether the step answers a message of the user: it is not run before there is one. */
export function needsMessage({ kind }: StepDefinition): boolean {
  return kind === undefined || kind === 'chat';
}

function problemsOf({ start, steps }: WorkflowDefinition): string[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const first = byId.get(start);
  return [
    ...(byId.size === steps.length ? [] : ['two steps have the same id']),
    ...(first === undefined ? ['`start` names no step'] : []),
    ...(first === undefined || needsMessage(first) ? [] : ['`start` is no chat step']),
    ...steps.flatMap((step) =>
      waysOf(step)
        .filter(([, to]) => !byId.has(to))
        .map(([field]) => `step ${step.id}: \`${field}\` names no step`),
    ),
    ...steps
      .filter((step) => step.kind === 'human' && waysOf(step).some(([, to]) => to === step.id))
      .map(({ id }) => `step ${id}: what a person is asked does not follow itself`),
    ...steps
      .filter((step) => runsForEver(step, byId))
      .map(({ id }) => `step ${id} follows itself without an end`),
  ];
}

function waysOf(step: StepDefinition): [field: string, to: string][] {
  const ways = Object.entries({
    next: step.next,
    ...(step.kind === 'human' ? { onExpired: step.onExpired, onDeclined: step.onDeclined } : {}),
  });
  return ways.filter((way): way is [string, string] => way[1] !== undefined);
}

/** Whether one model call after the other comes back to the step, and nobody is asked in between. */
function runsForEver(step: StepDefinition, byId: ReadonlyMap<string, StepDefinition>): boolean {
  const seen = new Set<string>();
  for (let at: StepDefinition | undefined = step; at?.kind === 'generate' && at.next !== at.id;) {
    if (seen.has(at.id)) return at.id === step.id;
    seen.add(at.id);
    at = at.next === undefined ? undefined : byId.get(at.next);
  }
  return false;
}
