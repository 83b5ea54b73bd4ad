import type { Basis } from '../../kernel/index.js';
import { scopeOf } from './flow.js';

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** What a step has left for the steps after it, when so many steps of the run were done. */
export interface Entered {
  /** The place of the step. */
  readonly step: string;
  readonly stepsDone: number;
  readonly content: unknown;
  /** It was not entered by a person into a form. */
  readonly isValue?: true;
  /** The variable that has it; absent: one that is called as the step. */
  readonly into?: string;
  /** What it is drawn from; absent: from no documents. */
  readonly basis?: Basis;
}

/** The most results that are stored with a run. */
const MAX_RESULTS = 400;
/** UTF-16 code units of JSON that the results of a run have together. */
export const MAX_STATE_CHARS = 1_000_000;

/** The results with one more; of one variable those that are not the newest are dropped first. */
export function withResult(results: readonly Entered[], result: Entered): readonly Entered[] {
  const all = [...results, result];
  if (all.length <= MAX_RESULTS) return all;
  const newest = new Map(all.map((one) => [placeOf(one), one]));
  const kept = all.filter(
    (one, at) => at >= all.length - MAX_RESULTS / 2 || newest.get(placeOf(one)) === one,
  );
  return kept.slice(-MAX_RESULTS);
}

/** What people have entered last into each form; nothing of what is inside of a step that has begun anew since. */
export function formsIn(results: readonly Entered[]): readonly Entered[] {
  const forms = new Map<string, Entered>();
  for (const one of results) {
    if (one.isValue !== true) forms.set(one.step, one);
    else for (const place of forms.keys()) if (place.startsWith(`${one.step}/`)) forms.delete(place);
  }
  return [...forms.values()];
}

/** Whether the results are more than a run may have. */
export function isTooMuch(results: readonly Entered[]): boolean {
  return JSON.stringify(results).length > MAX_STATE_CHARS;
}

/** What the results are drawn from together. */
function basisOfResults(results: readonly Entered[]): Basis | undefined {
  const drawn = results.flatMap(({ basis }) => (basis === undefined ? [] : [basis]));
  if (drawn.length === 0) return undefined;
  const level = Math.max(...drawn.map((basis) => basis.level));
  return { level, documents: [...new Set(drawn.flatMap(({ documents }) => documents))] };
}

/** What an answer is drawn from that is given both. */
export function mergedBasis(basis: Basis | undefined, results: readonly Entered[]): Basis | undefined {
  const drawn = basisOfResults(results);
  if (drawn === undefined || basis === undefined) return basis ?? drawn;
  const level = Math.max(basis.level, drawn.level);
  return { level, documents: [...new Set([...basis.documents, ...drawn.documents])] };
}

function placeOf({ step, into }: Entered): string {
  return into === undefined ? step : `${scopeOf(step)}${into}`;
}

interface Tree {
  [name: string]: unknown;
}

/**
 * The variables of a run: those of steps inside another one are inside its variable, and those of a body for each item in a list.
 * No object has a prototype.
 */
export function variablesOf(results: readonly Entered[]): Tree {
  const root = empty();
  for (const result of results) put(root, placeOf(result).split('/'), bare(result.content));
  return root;
}

/** The variable at a path of names. */
export function variableAt(variables: unknown, path: readonly string[]): unknown {
  let at: unknown = variables;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Tree)[name];
  }
  return at;
}

function put(root: Tree, path: readonly string[], value: unknown): void {
  let at: Tree = root;
  for (const [index, name] of path.entries()) {
    if (index === path.length - 1) at[name] = value;
    else {
      const isList = /^\d+$/.test(path[index + 1]!);
      const inner = Object.hasOwn(at, name) ? at[name] : undefined;
      if (typeof inner !== 'object' || inner === null || Array.isArray(inner) !== isList)
        at[name] = isList ? [] : empty();
      at = at[name] as Tree;
    }
  }
}

function empty(): Tree {
  return Object.create(null) as Tree;
}

/** The value without prototypes. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  const tree = empty();
  for (const [name, inner] of Object.entries(value)) tree[name] = bare(inner);
  return tree;
}
