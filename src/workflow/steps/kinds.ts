import { z } from 'zod';
import {
  DEFINITION_FIELDS,
  MAX_DEFINED_STEPS,
  type Definition,
  type StepFields,
} from '../core/definition.js';
import { flowOf, type Flow, type InnerBody, type KindOfStep } from '../core/flow.js';
import { branchKind, branchStepSchema, type BranchStep } from './branch.js';
import { chatKind, chatStepSchema, type ChatStep } from './chat.js';
import { definitionProblems } from './definition-problems.js';
import { endKind, endStepSchema, type EndStep } from './end.js';
import { extractKind, extractStepSchema, type ExtractStep } from './extract.js';
import { foreachKind, foreachStepSchema, type ForeachStep } from './foreach.js';
import { generateKind, generateStepSchema, type GenerateStep } from './generate.js';
import { humanKind, humanStepSchema, type HumanStep } from './human.js';
import { parallelKind, parallelStepSchema, type ParallelStep } from './parallel.js';
import { retrieveKind, retrieveStepSchema, type RetrieveStep } from './retrieve.js';
import type { StepEnd, StepKind, StepWork } from './step-kind.js';
import { subworkflowKind, subworkflowStepSchema, type SubworkflowStep } from './subworkflow.js';
import { toolKind, toolStepSchema, type ToolStep } from './tool.js';
import { waitKind, waitStepSchema, type WaitStep } from './wait.js';

export type StepDefinition =
  | ChatStep
  | GenerateStep
  | ExtractStep
  | RetrieveStep
  | ToolStep
  | BranchStep
  | HumanStep
  | ParallelStep
  | ForeachStep
  | WaitStep
  | SubworkflowStep
  | EndStep;
export type WorkflowDefinition = Definition<StepDefinition>;

/** All kinds of steps. A new one is a file of its own, and a line here and in the schema below. */
const KINDS: Readonly<Record<string, StepKind>> = {
  chat: chatKind,
  generate: generateKind,
  extract: extractKind,
  retrieve: retrieveKind,
  tool: toolKind,
  branch: branchKind,
  human: humanKind,
  parallel: parallelKind,
  foreach: foreachKind,
  wait: waitKind,
  subworkflow: subworkflowKind,
  end: endKind,
};

const innerStep: z.ZodType<StepFields> = z.lazy(() => stepSchema);
const inner: z.ZodType<readonly StepFields[]> = z.array(innerStep).min(1).max(MAX_DEFINED_STEPS);

const stepSchema = z
  .discriminatedUnion('kind', [
    chatStepSchema,
    generateStepSchema,
    extractStepSchema,
    retrieveStepSchema,
    toolStepSchema,
    branchStepSchema,
    humanStepSchema,
    parallelStepSchema(inner),
    foreachStepSchema(inner),
    waitStepSchema,
    subworkflowStepSchema,
    endStepSchema,
  ])
  .meta({ id: 'WorkflowStep' });

/** A workflow as data: which step a message runs, and which ones follow. */
export const definitionSchema = z
  .strictObject({ ...DEFINITION_FIELDS, steps: z.array(stepSchema).min(1).max(MAX_DEFINED_STEPS) })
  .superRefine((definition, context) => {
    for (const [path, message] of definitionProblems(definition, kindOf))
      context.addIssue({ code: 'custom', message, path: [...path] });
  })
  .meta({ id: 'Workflow' });

/** The kind of a step; one that says none is a chat step. */
export function kindOf({ kind = 'chat' }: Pick<StepFields, 'kind'>): StepKind {
  const known = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (known === undefined) throw new Error(`there is no kind ${kind} of steps`);
  return known;
}

/** Runs a step of whichever kind. */
export function runStep(step: StepFields, work: StepWork): StepEnd | Promise<StepEnd> {
  return kindOf(step).run(step, work);
}

/** Whether the step answers a message of the user: it is not run before there is one. */
export function needsMessage(step: StepFields): boolean {
  return step.needsMessage === true || kindOf(step).needsMessage === true;
}

/** What runs and graphs have to know of the kinds. */
export const KIND_OF_STEP: KindOfStep = {
  ways: waysOf,
  bodies: (step): readonly InnerBody[] => kindOf(step).bodies?.(step) ?? [],
  needsMessage,
};

const flows = new WeakMap<Definition, Flow>();

/** The definition as runs go through it: of a subworkflow with the steps that were found for it. */
export function flowFor(definition: WorkflowDefinition): Flow {
  const known = flows.get(definition);
  if (known !== undefined) return known;
  const flow = flowOf(definition, KIND_OF_STEP);
  flows.set(definition, flow);
  return flow;
}

/** The steps that may follow a step, each by the field that names it. */
export function waysOf(step: StepFields): readonly (readonly [field: string, to: string])[] {
  const ways = [
    ['next', step.next],
    ['onError', step.onError],
    ...(kindOf(step).ways?.(step) ?? []),
  ] as const;
  return ways.filter((way): way is readonly [string, string] => way[1] !== undefined);
}
