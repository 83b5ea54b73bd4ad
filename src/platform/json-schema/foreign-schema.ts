import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { issueOf, type SchemaIssue } from './schema-issues.js';

type Schema = Readonly<Record<string, unknown>>;

/** UTF-16 code units of a schema's JSON, and how many values it has, one inside the other and in all. */
const MAX_CHARS = 64_000;
const MAX_DEPTH = 32;
const MAX_VALUES = 4_000;
/** How deep a value may be: whoever goes through it must not run out of stack. */
const MAX_VALUE_DEPTH = 64;
/** Steps that checking a value may take, as far as that can be told before. */
const MAX_STEPS = 500_000;

/** What is refused of a schema that somebody else has written, as the rest of a sentence. Nothing that it refers to is fetched. */
export function foreignSchemaProblem(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return 'is no object';
  let [values, chars] = [0, 0];
  const left: { readonly value: unknown; readonly key: string; readonly depth: number }[] = [
    { value: schema, key: '', depth: 1 },
  ];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value, key, depth } = next;
    values += 1;
    chars += key.length + (typeof value === 'string' ? value.length : 4);
    if (depth > MAX_DEPTH) return `is more than ${MAX_DEPTH} levels deep`;
    if (values > MAX_VALUES || chars > MAX_CHARS) return 'is too large';
    if (isReference(key) && !isLocal(value)) return 'refers to a schema elsewhere, which is not fetched';
    if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value))
        left.push({ value: inner, key: name, depth: depth + 1 });
  }
  return undefined;
}

const isReference = (key: string) => key === '$ref' || key === '$dynamicRef' || key === '$recursiveRef';
/** Also a property that is called so: then its value is a schema. */
const isLocal = (value: unknown) => typeof value !== 'string' || value.startsWith('#');

/** A value that is deeper than anybody sends on purpose. */
export function isTooDeep(value: unknown): boolean {
  return valuesIn(value) === undefined;
}

/**
 * What does not fit in a value by a schema that somebody else has written and {@link foreignSchemaProblem} lets pass. Patterns and
 * `uniqueItems` are not looked at, nor is a schema that could take long or is none: a checker that its author can hold up would
 * hold up everybody. Whoever wrote it checks once more.
 */
export function foreignSchemaIssues(schema: Schema, value: unknown): readonly SchemaIssue[] {
  const values = valuesIn(value);
  if (values === undefined) return [{ path: '', message: `is more than ${MAX_VALUE_DEPTH} levels deep` }];
  if (values * costOf(schema) > MAX_STEPS) return [];
  const fits = compiledOf(schema);
  if (fits === undefined || fits(value)) return [];
  return (fits.errors ?? []).map(issueOf);
}

/** How many values there are in one; absent where it is too deep. */
function valuesIn(value: unknown): number | undefined {
  let count = 0;
  const left: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    count += 1;
    if (next.depth > MAX_VALUE_DEPTH) return undefined;
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const inner of Object.values(next.value)) left.push({ value: inner, depth: next.depth + 1 });
  }
  return count;
}

/** A schema is compiled once for as long as somebody holds it; one that is no schema is kept as such. */
const compiled = new WeakMap<object, ValidateFunction | 'none'>();
const costs = new WeakMap<object, number>();

/** Takes the place of the engine of regular expressions, which a pattern can keep busy for ever. */
const NO_PATTERNS = Object.assign(() => ({ test: () => true }), { code: 'none' });

function compiledOf(schema: Schema): ValidateFunction | undefined {
  const known = compiled.get(schema) ?? compile(schema);
  compiled.set(schema, known);
  return known === 'none' ? undefined : known;
}

function compile(schema: Schema): ValidateFunction | 'none' {
  const ajv = new Ajv2020({
    ...{ allErrors: true, strict: false, ownProperties: true, validateSchema: false, logger: false },
    code: { regExp: NO_PATTERNS },
  });
  formats.default(ajv);
  ajv.removeKeyword('uniqueItems');
  try {
    const { $schema: _dialect, ...rest } = schema;
    return ajv.compile(rest);
  } catch {
    return 'none';
  }
}

/** How many schemas are gone through for one value at most; infinite where one refers to itself. */
function costOf(schema: Schema): number {
  const known = costs.get(schema) ?? new SchemaCost(schema).of(schema);
  costs.set(schema, known);
  return known;
}

class SchemaCost {
  private readonly known = new Map<object, number>();

  constructor(private readonly root: Schema) {}

  of(value: unknown): number {
    if (typeof value !== 'object' || value === null) return 0;
    const known = this.known.get(value);
    if (known !== undefined) return known;
    // Whoever comes here again before it is known has gone round in a circle.
    this.known.set(value, Infinity);
    let cost = 1;
    for (const [key, inner] of Object.entries(value))
      cost += isReference(key) && typeof inner === 'string' ? this.referred(inner) : this.of(inner);
    this.known.set(value, cost);
    return cost;
  }

  private referred(reference: string): number {
    if (reference === '#') return Infinity;
    // What is named otherwise than by its place is not looked for.
    if (!reference.startsWith('#/')) return Infinity;
    let found: unknown = this.root;
    for (const segment of reference.slice(2).split('/')) {
      const name = decoded(segment).replaceAll('~1', '/').replaceAll('~0', '~');
      found = (found as Record<string, unknown> | null | undefined)?.[name];
    }
    return this.of(found);
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
