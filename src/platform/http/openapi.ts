import type { INestApplication } from '@nestjs/common';
import {
  DocumentBuilder,
  SwaggerModule,
  type OpenAPIObject,
  type SwaggerDocumentOptions,
} from '@nestjs/swagger';
import { z } from 'zod';
import { ERROR_CATALOGUE } from '../../kernel/index.js';
import { PUBLIC_OPERATION } from '../auth/index.js';

const BEARER = 'bearer';

const ERROR_SCHEMA = {
  type: 'object',
  description: 'The body of every error. docs/errors.md says what each code means and what to do.',
  required: ['error', 'message', 'code', 'retryable', 'details'],
  properties: {
    error: { type: 'string', description: "The status's reason phrase" },
    message: { type: 'string', description: 'A sentence that says what to do' },
    code: { type: 'string', enum: Object.keys(ERROR_CATALOGUE) },
    retryable: { type: 'boolean', description: 'Whether the same request may succeed later' },
    details: { type: 'object', additionalProperties: true },
  },
} satisfies SchemaObject;

const ERROR_RESPONSE = {
  description: 'An error of the catalogue',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

/** The OpenAPI document of all routes: each needs a bearer token unless marked public, and each may answer an error. */
export function buildOpenApi(app: INestApplication, version: string): OpenAPIObject {
  const base = new DocumentBuilder()
    .setTitle('Threadline')
    .setDescription(
      'A chat backend: durable threads, workflow turns and resumable streams over any LLM provider.',
    )
    .setVersion(version)
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, BEARER)
    .addSecurityRequirements(BEARER)
    .build();
  const document = SwaggerModule.createDocument(app, base, { standardSchemaConverter: fromZod });
  for (const operation of operationsOf(document)) {
    operation.responses['default'] ??= ERROR_RESPONSE;
    if (PUBLIC_OPERATION in operation) {
      operation.security = [];
      delete operation[PUBLIC_OPERATION];
    }
  }
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...namedSchemas(), Error: ERROR_SCHEMA },
  };
  return document;
}

/** OpenAPI 3.1 uses JSON Schema 2020-12; Nest's own converter writes 3.0. */
const fromZod: NonNullable<SwaggerDocumentOptions['standardSchemaConverter']> = (schema, { schemaType }) =>
  schema instanceof z.ZodType ? { schema: jsonSchemaOf(schema, schemaType) } : undefined;

const COMPONENTS = '#/components/schemas/';

/** A schema in the document's form; one with an `id` becomes a reference. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, $defs: _named, ...jsonSchema } = z.toJSONSchema(schema, conversion(io));
  return withReferences(jsonSchema) as Record<string, unknown>;
}

/** All schemas with an `id`. Only schemas of responses have one: for requests they would have another form. */
function namedSchemas(): Record<string, SchemaObject> {
  const { override, ...options } = conversion('output');
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    ...options,
    uri: (id) => COMPONENTS + id,
    override: (context) => {
      override(context);
      const { jsonSchema: part } = context;
      // The form in which Nest writes a constant everywhere else.
      if (part.const !== undefined) part.enum = [part.const];
      delete part.const;
    },
  });
  // Sorted by name: their order of registration depends on how modules are loaded.
  const names = Object.keys(schemas)
    .filter((name) => name !== SHARED)
    .sort();
  return Object.fromEntries(
    names.map((name) => {
      const { $schema: _, $id: _id, ...schema } = schemas[name]!;
      return [name, withoutShared(schema, schemas[SHARED]?.$defs ?? {}) as SchemaObject];
    }),
  );
}

/** Where zod puts schemas without a name that are in several others, as those are that have themselves inside. */
const SHARED = '__shared';
const SHARED_REF = `${COMPONENTS}${SHARED}#/$defs/`;

/** Each of them in its place: the document has no such component. They refer to named ones, so this has an end. */
function withoutShared(part: unknown, shared: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(part)) return part.map((one) => withoutShared(one, shared));
  if (typeof part !== 'object' || part === null) return part;
  const { $ref, ...fields } = part as { readonly $ref?: unknown };
  const name = typeof $ref === 'string' && $ref.startsWith(SHARED_REF) ? $ref.slice(SHARED_REF.length) : '';
  const whole = name === '' ? part : { ...(shared[name] as object), ...fields };
  return Object.fromEntries(Object.entries(whole).map(([key, value]) => [key, withoutShared(value, shared)]));
}

function conversion(io: 'input' | 'output') {
  return {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema: part }) => {
      // The format says the same as the long pattern.
      if (part.format !== undefined) delete part.pattern;
      // Responses may get new fields.
      if (io === 'output' && part.additionalProperties === false) delete part.additionalProperties;
    },
  } satisfies z.core.ToJSONSchemaParams;
}

/** zod's references to named schemas within what it converts. */
function withReferences(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withReferences);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) =>
      key === '$ref' && typeof value === 'string'
        ? [key, value.replace('#/$defs/', COMPONENTS)]
        : [key, withReferences(value)],
    ),
  );
}

type SchemaObject = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & { [PUBLIC_OPERATION]?: unknown };

function operationsOf(document: OpenAPIObject): Operation[] {
  return Object.values(document.paths).flatMap((path) =>
    METHODS.map((method) => path[method]).filter((operation) => operation !== undefined),
  );
}
