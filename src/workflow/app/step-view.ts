import { definedAt, nodeAt, scopeOf, type Flow } from '../core/flow.js';
import { variableAt, variablesOf, type Entered } from '../core/results.js';
import { INPUT, ITEM, type View } from '../steps/template.js';
import type { WorkflowInput } from '../steps/step-kind.js';

/** What templates and expressions of a step are given: the variables of its workflow, those of its body, and what it is for. */
export function viewOf(
  results: readonly Entered[],
  { at, messageAt }: { readonly at: string; readonly messageAt: number },
  flow: Flow,
  input: WorkflowInput,
): View {
  const all = variablesOf(results);
  const scope = scopeOf(at).split('/').slice(0, -1);
  const own = workflowScope(at, flow);
  const state = variableAt(all, own) ?? EMPTY;
  const given = own.length === 0 ? input.input : variableAt(state, [INPUT]);
  return {
    state,
    local: variableAt(all, scope) ?? EMPTY,
    ...itemOf(all, scope),
    input: given ?? EMPTY,
    message: input.content,
    user: { id: input.caller.id },
    times: timesOf(results, at, messageAt),
  };
}

const EMPTY = Object.freeze(Object.create(null) as object);

/** How often each step beside this one has left something since the user's message. */
function timesOf(
  results: readonly Entered[],
  at: string,
  messageAt: number,
): Readonly<Record<string, number>> {
  const scope = scopeOf(at);
  const times = Object.create(null) as Record<string, number>;
  for (const { step, stepsDone } of results) {
    if (stepsDone < messageAt || scopeOf(step) !== scope) continue;
    const id = step.slice(scope.length);
    times[id] = (times[id] ?? 0) + 1;
  }
  return times;
}

/** The path to the variables of the workflow that a step belongs to: of a subworkflow, those inside its step. */
function workflowScope(at: string, flow: Flow): readonly string[] {
  const parts = at.split('/').slice(0, -1);
  for (let length = parts.length; length > 0; length -= 1) {
    const place = parts.slice(0, length).join('/');
    if (nodeAt(flow, place)?.step.kind === 'subworkflow') return parts.slice(0, length);
  }
  return [];
}

/** The item that the innermost body for each of a list has. */
function itemOf(
  all: unknown,
  scope: readonly string[],
): { readonly item?: unknown; readonly index?: number } {
  for (let length = scope.length; length > 0; length -= 1) {
    const part = scope[length - 1]!;
    if (definedAt(part) !== '*') continue;
    return { item: variableAt(all, [...scope.slice(0, length), ITEM]), index: Number(part) };
  }
  return {};
}
