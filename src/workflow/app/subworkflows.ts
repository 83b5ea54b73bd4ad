import { MAX_DEFINED_STEPS, type Body, type StepFields } from '../core/definition.js';
import type { WorkflowDefinition } from '../steps/kinds.js';
import type { ForeachStep } from '../steps/foreach.js';
import type { ParallelStep } from '../steps/parallel.js';
import type { Problem } from '../steps/step-kind.js';
import type { SubworkflowStep } from '../steps/subworkflow.js';

/** Finds a workflow by its name and version, or its newest version. */
export type FindWorkflow = (name: string, version?: number) => Promise<WorkflowDefinition | undefined>;

/** A body of steps: as it is stored, with the version of each workflow inside, and as it is run, with the steps of those. */
interface Resolved {
  readonly pinned: Body;
  readonly whole: Body;
}

/** A definition with the workflows inside of it. */
export interface WithSubworkflows {
  /** As it is stored: each names the version that it is. */
  readonly pinned: WorkflowDefinition;
  /** As it is run. */
  readonly definition: WorkflowDefinition;
  readonly problems: readonly Problem[];
}

/** Finds the workflows inside a definition, and those inside of them. */
export async function withSubworkflows(
  definition: WorkflowDefinition,
  find: FindWorkflow,
): Promise<WithSubworkflows> {
  if (!hasAny(definition)) return { pinned: definition, definition, problems: [] };
  const search = new Search(find);
  const { pinned, whole } = await search.body(definition, [definition.name], []);
  return {
    pinned: { ...definition, ...pinned } as WorkflowDefinition,
    definition: { ...definition, ...whole } as WorkflowDefinition,
    problems: search.problems,
  };
}

class Search {
  readonly problems: Problem[] = [];
  private steps = 0;

  constructor(private readonly find: FindWorkflow) {}

  async body(body: Body, names: readonly string[], path: Problem[0]): Promise<Resolved> {
    this.steps += body.steps.length;
    const steps: { pinned: StepFields; whole: StepFields }[] = [];
    for (const [at, step] of body.steps.entries())
      steps.push(await this.step(step, names, [...path, 'steps', at]));
    return {
      pinned: { start: body.start, steps: steps.map(({ pinned }) => pinned) },
      whole: { start: body.start, steps: steps.map(({ whole }) => whole) },
    };
  }

  private async step(step: StepFields, names: readonly string[], path: Problem[0]) {
    if (step.kind === 'subworkflow') return this.subworkflow(step as SubworkflowStep, names, path);
    if (step.kind === 'foreach') {
      const { pinned, whole } = await this.body(step as ForeachStep, names, path);
      return { pinned: { ...step, ...pinned }, whole: { ...step, ...whole } };
    }
    if (step.kind !== 'parallel') return { pinned: step, whole: step };
    const { branches } = step as ParallelStep;
    const inside: Resolved[] = [];
    for (const [at, branch] of branches.entries())
      inside.push(await this.body(branch, names, [...path, 'branches', at]));
    const withInside = (which: keyof Resolved) => ({
      ...step,
      branches: branches.map((branch, at) => ({ ...branch, ...inside[at]![which] })),
    });
    return { pinned: withInside('pinned'), whole: withInside('whole') };
  }

  private async subworkflow(step: SubworkflowStep, names: readonly string[], path: Problem[0]) {
    const problem = (field: string, words: string) => {
      this.problems.push([[...path, field], `step ${step.id}: ${words}`]);
      return { pinned: step, whole: step };
    };
    if (names.includes(step.workflow)) return problem('workflow', 'the workflow would be inside of itself');
    if (this.steps > MAX_DEFINED_STEPS)
      return problem('workflow', `there are more than ${MAX_DEFINED_STEPS} steps`);
    const found = await this.find(step.workflow, step.version);
    if (found === undefined) {
      const field = step.version === undefined ? 'workflow' : 'version';
      return problem(field, 'there is no such workflow, or not in that version');
    }
    const inside = await this.body(found, [...names, step.workflow], [...path, 'workflow']);
    return {
      pinned: { ...step, version: found.version },
      whole: { ...step, version: found.version, body: inside.whole },
    };
  }
}

function hasAny({ steps }: Body): boolean {
  return steps.some((step) => {
    if (step.kind === 'subworkflow') return true;
    if (step.kind === 'foreach') return hasAny(step as ForeachStep);
    return step.kind === 'parallel' && (step as ParallelStep).branches.some(hasAny);
  });
}
