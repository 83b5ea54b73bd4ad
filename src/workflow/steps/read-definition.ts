import { parseDocument } from 'yaml';
import { definitionSchema, type WorkflowDefinition } from './kinds.js';

/** A mistake and where it is. */
export interface DefinitionIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export type ReadDefinition =
  | { readonly definition: WorkflowDefinition; readonly issues?: undefined }
  | { readonly definition?: undefined; readonly issues: readonly DefinitionIssue[] };

/** UTF-16 code units that a definition has, and how many values, one inside the other and in all. */
const MAX_CHARS = 1_000_000;
const MAX_VALUES = 50_000;
const MAX_DEPTH = 64;
const MAX_YAML = 200_000;
/** Names that other things have beside the workflows, at `/workflows/…`. */
const RESERVED = new Set(['schema', 'runs']);
/** Names that reach what an object inherits: none of ours. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * A definition from somebody else's JSON, or from `{ "yaml": "…" }`. Its name and version are given: a version follows from
 * publishing it. Takes time in proportion to a bounded size only.
 */
export function readDefinition(body: unknown, name: string, version: number): ReadDefinition {
  const { value, issues } = fromYaml(body);
  if (issues !== undefined) return { issues };
  const bounds = boundsIssue(value);
  if (bounds !== undefined) return { issues: [bounds] };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { issues: [{ path: [], message: 'is no object' }] };
  const { name: own = name } = value as { readonly name?: unknown };
  if (own !== name)
    return { issues: [{ path: ['name'], message: 'is not the name that it is published under' }] };
  if (RESERVED.has(name))
    return { issues: [{ path: ['name'], message: 'is a name that no workflow may have' }] };
  const parsed = definitionSchema.safeParse({ description: '', ...value, name, version });
  if (parsed.success) return { definition: parsed.data };
  return { issues: parsed.error.issues.map(({ path, message }) => ({ path, message })) };
}

function fromYaml(body: unknown): { readonly value?: unknown; readonly issues?: readonly DefinitionIssue[] } {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'yaml')) return { value: body };
  const { yaml } = body as { readonly yaml: unknown };
  const issue = (message: string) => ({ issues: [{ path: ['yaml'], message }] });
  if (typeof yaml !== 'string') return issue('is no text');
  if (yaml.length > MAX_YAML) return issue(`has more than ${MAX_YAML} characters`);
  const document = parseDocument(yaml, { schema: 'core', merge: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) return issue(error.message.split('\n', 1)[0]!.slice(0, 300));
  try {
    // Nothing is said twice by naming it: such texts would grow without a bound.
    return { value: document.toJS({ maxAliasCount: 0 }) };
  } catch {
    return issue('has an alias, and may have none');
  }
}

/** The first thing in a value that no definition has; it is looked through without recursion. */
function boundsIssue(value: unknown): DefinitionIssue | undefined {
  let [values, chars] = [0, 0];
  const left: { readonly value: unknown; readonly path: readonly PropertyKey[] }[] = [{ value, path: [] }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    values += 1;
    const { value: inner, path } = next;
    if (typeof inner === 'string') chars += inner.length;
    if (values > MAX_VALUES || chars > MAX_CHARS) return { path, message: 'the definition is too large' };
    if (path.length > MAX_DEPTH) return { path, message: `is more than ${MAX_DEPTH} levels deep` };
    if (typeof inner !== 'object' || inner === null) continue;
    const entries = Array.isArray(inner) ? inner.entries() : Object.entries(inner);
    for (const [key, one] of entries) {
      if (FORBIDDEN.has(String(key))) return { path: [...path, key], message: 'is no name of a field' };
      if (left.length > MAX_VALUES) return { path, message: 'the definition is too large' };
      left.push({ value: one, path: [...path, key] });
    }
  }
  return undefined;
}
