import { DEFAULT_MAX_STEPS, type Body, type Definition, type StepFields } from './definition.js';

/** A body of steps inside a step. Its steps are found at `<step>/<key>/<id>`, without a key at `<step>/<id>`. */
export interface InnerBody extends Body {
  /** `*`: one body for each of a number of items, which are counted in its place. */
  readonly key: string | undefined;
}

/** What the way of a run has to know of a step, from its kind. */
export interface KindOfStep {
  /** The steps that may follow it, each by the field that names it. */
  ways(step: StepFields): readonly (readonly [field: string, to: string])[];
  bodies(step: StepFields): readonly InnerBody[];
  /** Whether it is not run before there is a message of the user for it. */
  needsMessage(step: StepFields): boolean;
}

/** A step in its place. */
export interface FlowNode {
  /** Where it is defined: what is inside a step is behind a slash, `*` stands for the number of an item. */
  readonly path: string;
  readonly step: StepFields;
  readonly needsMessage: boolean;
  /** The most steps that are still to come from here in the same body, itself among them; those inside it count. */
  readonly ahead: number;
  /** The most steps inside it; `0`: it has none. */
  readonly inside: number;
}

/** A definition in the form in which runs go through it. */
export interface Flow {
  readonly definition: Definition;
  readonly nodes: ReadonlyMap<string, FlowNode>;
  readonly maxSteps: number;
}

/** The place of a step in a run without the numbers of items: where it is defined. */
export function definedAt(at: string): string {
  return at.replace(/(^|\/)\d+(?=\/|$)/g, '$1*');
}

/** The step at a place of a run. */
export function nodeAt(flow: Flow, at: string): FlowNode | undefined {
  return flow.nodes.get(at) ?? flow.nodes.get(definedAt(at));
}

/** The place of a step beside another one. */
export function beside(at: string, id: string): string {
  return `${scopeOf(at)}${id}`;
}

/** What stands before the name of the step: empty outside of all others, or with a slash at its end. */
export function scopeOf(at: string): string {
  return at.slice(0, at.lastIndexOf('/') + 1);
}

/** The places of the steps that it is in, from the innermost on. */
export function aroundOf(flow: Flow, at: string): readonly string[] {
  const around: string[] = [];
  for (let end = at.lastIndexOf('/'); end > 0; end = at.lastIndexOf('/', end - 1)) {
    const place = at.slice(0, end);
    if (nodeAt(flow, place) !== undefined) around.push(place);
  }
  return around;
}

/** The definition as runs go through it. */
export function flowOf(definition: Definition, kind: KindOfStep): Flow {
  const nodes = new Map<string, FlowNode>();
  addBody(nodes, definition, '', kind);
  return { definition, nodes, maxSteps: definition.maxSteps ?? DEFAULT_MAX_STEPS };
}

/** Adds the steps of a body and of those inside them; answers the most steps of a way through it. */
function addBody(nodes: Map<string, FlowNode>, body: Body, scope: string, kind: KindOfStep): number {
  const byId = new Map(body.steps.map((step) => [step.id, step]));
  const inside = new Map<string, number>();
  for (const step of body.steps) {
    const bodies = kind.bodies(step);
    const sizes = bodies.map(({ key, ...inner }) =>
      addBody(nodes, inner, `${scope}${step.id}/${key === undefined ? '' : `${key}/`}`, kind),
    );
    inside.set(
      step.id,
      sizes.reduce((sum, size) => sum + size, 0),
    );
  }
  const ahead = longestWays(byId, inside, kind);
  for (const step of body.steps) {
    const path = `${scope}${step.id}`;
    const counts = { ahead: ahead.get(step.id) ?? 1, inside: inside.get(step.id) ?? 0 };
    nodes.set(path, { path, step, needsMessage: kind.needsMessage(step), ...counts });
  }
  return ahead.get(body.start) ?? 0;
}

/** The longest way from each step that comes to none twice. */
function longestWays(
  byId: ReadonlyMap<string, StepFields>,
  inside: ReadonlyMap<string, number>,
  kind: KindOfStep,
): ReadonlyMap<string, number> {
  const longest = new Map<string, number>();
  const under = new Set<string>();
  const from = (step: StepFields): number => {
    const known = longest.get(step.id);
    if (known !== undefined) return known;
    under.add(step.id);
    let most = 0;
    for (const [field, to] of kind.ways(step)) {
      const next = byId.get(to);
      if (field !== 'onError' && next !== undefined && !under.has(to)) most = Math.max(most, from(next));
    }
    under.delete(step.id);
    const length = 1 + (inside.get(step.id) ?? 0) + most;
    longest.set(step.id, length);
    return length;
  };
  for (const step of byId.values()) from(step);
  return longest;
}
