import type { ToolQuestion } from '../../core/tool-output.js';

/** How long a person has to answer, in milliseconds. */
export const ANSWER_MS = 24 * 3_600_000;
const MAX_PROMPT = 4_000;
const MAX_URL = 2_000;
const MAX_PROPERTIES = 50;

interface ElicitationParams {
  readonly mode?: unknown;
  readonly message?: unknown;
  readonly url?: unknown;
  readonly requestedSchema?: unknown;
}

/** What a server asks the user, as a question; in words why it cannot be asked. */
export function elicitationOf(
  key: string,
  { mode = 'form', message, url, requestedSchema }: ElicitationParams,
  answerMs: number,
): ToolQuestion | string {
  const prompt = wordsOf(message);
  const asked = { key, kind: 'elicitation' as const, prompt, answerMs };
  if (mode === 'url') {
    const address = typeof url === 'string' ? URL.parse(url) : null;
    // It is shown whole, and nobody but the user opens it.
    if (address === null || !/^https?:$/.test(address.protocol) || address.href.length > MAX_URL)
      return 'It asks the user to open an address that is none of the web.';
    return { ...asked, schema: null, mode: 'url', url: address.href };
  }
  if (mode !== 'form') return 'It asks in a way that is not known here.';
  const schema = formOf(requestedSchema);
  return schema === undefined
    ? 'It asks with a form that cannot be shown.'
    : { ...asked, schema, mode: 'form' };
}

type Schema = Readonly<Record<string, unknown>>;

const SCALARS = new Set(['string', 'number', 'integer', 'boolean']);
const NUMBERS = ['minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems'];
const FORMATS = new Set(['email', 'uri', 'date', 'date-time']);

/** The form as a schema of the parts that the protocol has for it, and of nothing else. */
function formOf(requested: unknown): Schema | undefined {
  if (!isObject(requested) || requested['type'] !== 'object' || !isObject(requested['properties']))
    return undefined;
  const entries = Object.entries(requested['properties']);
  if (entries.length > MAX_PROPERTIES) return undefined;
  const properties: [string, Schema][] = [];
  for (const [name, property] of entries) {
    const field = fieldOf(property);
    if (field === undefined || name.length > 128) return undefined;
    properties.push([name, field]);
  }
  const required = Array.isArray(requested['required']) ? requested['required'] : [];
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: required.filter(
      (name) => typeof name === 'string' && Object.hasOwn(requested['properties'] as object, name),
    ),
    additionalProperties: false,
  };
}

function fieldOf(property: unknown): Schema | undefined {
  if (!isObject(property)) return undefined;
  const { type, items } = property;
  const field: Record<string, unknown> = { type };
  for (const name of ['title', 'description'])
    if (typeof property[name] === 'string') field[name] = wordsOf(property[name]);
  for (const name of NUMBERS) if (typeof property[name] === 'number') field[name] = property[name];
  if (property['default'] !== undefined && isSmall(property['default']))
    field['default'] = property['default'];
  if (type === 'array') {
    const choices = isObject(items) ? choicesOf(items) : undefined;
    return choices === undefined ? undefined : { ...field, items: choices };
  }
  if (typeof type !== 'string' || !SCALARS.has(type)) return undefined;
  if (typeof property['format'] === 'string' && FORMATS.has(property['format']))
    field['format'] = property['format'];
  return { ...field, ...(type === 'string' && choicesOf(property)) };
}

/** What may be chosen from; absent where everything may be said. */
function choicesOf(property: Schema): Schema | undefined {
  const listed = property['enum'];
  if (Array.isArray(listed)) {
    const names = property['enumNames'];
    const labelled = Array.isArray(names) && names.every(isText) ? { enumNames: names } : {};
    return listed.every(isText) && isSmall(listed) ? { enum: listed, ...labelled } : undefined;
  }
  const titled = property['oneOf'] ?? property['anyOf'];
  if (!Array.isArray(titled) || !isSmall(titled)) return undefined;
  const choices = titled.map((one) =>
    isObject(one) && isText(one['const'])
      ? { const: one['const'], title: wordsOf(one['title'] ?? one['const']) }
      : undefined,
  );
  return choices.includes(undefined)
    ? undefined
    : { [property['oneOf'] === undefined ? 'anyOf' : 'oneOf']: choices };
}

const isText = (value: unknown) => typeof value === 'string';

function isSmall(value: unknown): boolean {
  return JSON.stringify(value).length <= 20_000;
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wordsOf(message: unknown): string {
  return (typeof message === 'string' ? message : '')
    .slice(0, MAX_PROMPT)
    .toWellFormed()
    .replaceAll('\0', '');
}
