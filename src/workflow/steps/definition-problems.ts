import { MAX_DEFINED_STEPS, MAX_NESTING, type Body, type StepFields } from '../core/definition.js';
import type { Problem, StepKind } from './step-kind.js';

type KindOf = (step: StepFields) => StepKind;
type Path = Problem[0];

/** Where a body is. */
interface Place {
  readonly path: Path;
  readonly depth: number;
  /** Other steps may run beside those of the body. */
  readonly isBeside: boolean;
}

/** What is wrong with a definition that its schema does not see: each mistake with its path. */
export function definitionProblems(definition: Body, kindOf: KindOf): readonly Problem[] {
  const problems: Problem[] = [];
  const left: (Place & { readonly body: Body })[] = [
    { body: definition, path: [], depth: 1, isBeside: false },
  ];
  let steps = 0;
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    steps += next.body.steps.length;
    if (steps > MAX_DEFINED_STEPS)
      return [[next.path, `the workflow has more than ${MAX_DEFINED_STEPS} steps`]];
    if (next.depth > MAX_NESTING)
      return [[next.path, `steps are more than ${MAX_NESTING} levels inside each other`]];
    problems.push(...bodyProblems(next.body, next, kindOf));
    left.push(...innerBodies(next.body, next, kindOf));
  }
  return problems;
}

function innerBodies(body: Body, place: Place, kindOf: KindOf) {
  return body.steps.flatMap((step, at) => {
    const isBeside = place.isBeside || step.kind === 'parallel' || step.kind === 'foreach';
    return (kindOf(step).bodies?.(step) ?? []).map((inner, branch) => {
      const inside =
        step.kind === 'parallel' ? ['branches', branch] : step.kind === 'subworkflow' ? ['workflow'] : [];
      return { body: inner, path: [...place.path, 'steps', at, ...inside], depth: place.depth + 1, isBeside };
    });
  });
}

function bodyProblems({ start, steps }: Body, { path, isBeside }: Place, kindOf: KindOf): Problem[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const at = (index: number, ...field: Path): Path => [...path, 'steps', index, ...field];
  return [
    ...(byId.size === steps.length ? [] : [[[...path, 'steps'], 'two steps have the same id'] as const]),
    ...(byId.has(start) ? [] : [[[...path, 'start'], '`start` names no step'] as const]),
    ...steps.flatMap((step, index) =>
      waysFrom(step, kindOf)
        .filter(([, to]) => !byId.has(to))
        .map(([field]): Problem => [
          at(index, ...fieldPath(field)),
          `step ${step.id}: \`${field}\` names no step`,
        ]),
    ),
    ...steps.flatMap((step, index) =>
      (kindOf(step).problems?.(step) ?? []).map(([inner, words]): Problem => [
        at(index, ...inner),
        `step ${step.id}: ${words}`,
      ]),
    ),
    ...steps.flatMap((step, index): Problem[] =>
      isBeside && (step.needsMessage === true || kindOf(step).needsMessage === true)
        ? [[at(index, 'kind'), `step ${step.id}: what needs a message cannot run beside others`]]
        : [],
    ),
    ...steps.flatMap((step, index): Problem[] =>
      runsForEver(step, byId, kindOf)
        ? [[at(index, 'next'), `step ${step.id} follows itself without an end`]]
        : [],
    ),
  ];
}

function fieldPath(field: string): (string | number)[] {
  return field.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function waysFrom(step: StepFields, kindOf: KindOf): [field: string, to: string][] {
  const ways = [
    ['next', step.next],
    ['onError', step.onError],
    ...(kindOf(step).ways?.(step) ?? []),
  ] as const;
  return ways.flatMap(([field, to]): [string, string][] => (to === undefined ? [] : [[field, to]]));
}

/** Kinds at which somebody has a say, time passes, or the way parts. */
const STOPS = new Set(['chat', 'human', 'wait', 'branch']);

/** Whether one step after the other comes back to the step, and nothing in between could lead on. */
function runsForEver(step: StepFields, byId: ReadonlyMap<string, StepFields>, kindOf: KindOf): boolean {
  const seen = new Set<string>();
  const goesOn = (at: StepFields) =>
    !STOPS.has(at.kind ?? 'chat') && at.needsMessage !== true && waysFrom(at, kindOf).length === 1;
  for (let at: StepFields | undefined = step; at !== undefined && goesOn(at);) {
    if (seen.has(at.id)) return at.id === step.id;
    seen.add(at.id);
    at = at.next === undefined ? undefined : byId.get(at.next);
  }
  return false;
}
