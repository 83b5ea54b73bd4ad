import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** Where and why a value does not fit. */
export interface SchemaIssue {
  /** Such as `address.city`; empty for the value as a whole. */
  readonly path: string;
  readonly message: string;
}

/** A schema is compiled once for as long as somebody holds it. */
const compiled = new WeakMap<object, ValidateFunction>();

/** What does not fit in a value by a JSON Schema (2020-12); never the value itself. Throws when the schema is none. */
export function schemaIssues(
  schema: Readonly<Record<string, unknown>>,
  value: unknown,
): readonly SchemaIssue[] {
  const fits = compiled.get(schema) ?? compile(schema);
  return fits(value) ? [] : (fits.errors ?? []).map(issueOf);
}

function compile(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true, strict: false, ownProperties: true });
  formats.default(ajv);
  const fits = ajv.compile(schema);
  compiled.set(schema, fits);
  return fits;
}

/** What Ajv says, without the value. */
export function issueOf({
  instancePath,
  message = 'does not fit',
  params,
  keyword,
}: ErrorObject): SchemaIssue {
  const path = instancePath.split('/').slice(1).map(unescaped).join('.');
  const named: unknown = keyword === 'additionalProperties' ? params['additionalProperty'] : undefined;
  return { path, message: typeof named === 'string' ? `${message}: ${named}` : message };
}

/** A segment of a JSON Pointer as the name it stands for. */
function unescaped(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}
