import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server';

type Described<Schema extends StandardSchemaWithJSON> = StandardSchemaWithJSON<
  StandardSchemaWithJSON.InferInput<Schema>,
  StandardSchemaWithJSON.InferOutput<Schema>
>;

/** The schema, whose JSON Schema is made once in a process: the server of each request wants it. */
export function describedOnce<Schema extends StandardSchemaWithJSON>(schema: Schema): Described<Schema> {
  const { jsonSchema, ...standard } = schema['~standard'] as Described<Schema>['~standard'];
  return {
    '~standard': {
      ...standard,
      jsonSchema: { input: once(jsonSchema.input), output: once(jsonSchema.output) },
    },
  };
}

/** It is always asked for the same draft. */
function once<Argument, Made>(make: (argument: Argument) => Made): (argument: Argument) => Made {
  let made: Made | undefined;
  return (argument) => (made ??= make(argument));
}
