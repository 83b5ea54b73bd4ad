/** A JSON schema as it stands in the document. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Parameter {
  readonly in: 'path' | 'query' | 'header' | 'cookie';
  readonly name: string;
  readonly schema?: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema?: JsonSchema }>>;

interface DescribedOperation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

/** One operation of the API, with the two things that name it. */
export interface Operation extends DescribedOperation {
  readonly method: string;
  /** The path with its parameters in braces. */
  readonly template: string;
}

export interface ServedDocument {
  readonly openapi: string;
  readonly security: readonly unknown[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** The OpenAPI document that a server gives everybody. */
export async function servedDocument(url: string): Promise<ServedDocument> {
  return (await (await fetch(`${url}/openapi.json`)).json()) as ServedDocument;
}

export function operationsOf(document: ServedDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([template, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), template })),
  );
}

/** Such as `GET /chat/threads/{id}`. */
export function nameOf({ method, template }: Pick<Operation, 'method' | 'template'>): string {
  return `${method} ${template}`;
}

/** Whether the document says that it needs no token. */
export function isPublic({ security }: Operation): boolean {
  return security !== undefined && security.length === 0;
}

/** The path with every parameter replaced. */
export function pathOf({ template }: Pick<Operation, 'template'>, valueOf: (name: string) => string): string {
  return template.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(valueOf(name)));
}

/** The schema with its references replaced by what they point at; a definition inside itself becomes anything. */
export function resolved(document: ServedDocument, schema: JsonSchema): JsonSchema {
  const walk = (part: unknown, inside: readonly string[]): unknown => {
    if (Array.isArray(part)) return part.map((inner) => walk(inner, inside));
    if (typeof part !== 'object' || part === null) return part;
    const { $ref } = part as { readonly $ref?: unknown };
    if (typeof $ref !== 'string') {
      return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, walk(inner, inside)]));
    }
    const target = document.components.schemas[$ref.replace('#/components/schemas/', '')];
    if (target === undefined) throw new Error(`The document has nothing at ${$ref}.`);
    return inside.includes($ref) ? {} : walk(target, [...inside, $ref]);
  };
  return walk(schema, []) as JsonSchema;
}
