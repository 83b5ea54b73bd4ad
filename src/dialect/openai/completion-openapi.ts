import type { ApiResponseOptions } from '@nestjs/swagger';
import { z } from 'zod';
import { chunkAnswer, completionAnswer } from './answer-schemas.js';

type Content = NonNullable<Extract<ApiResponseOptions, { content?: unknown }>['content']>;
type Schema = NonNullable<Content[string]['schema']>;

/** What `POST /v1/chat/completions` answers with: another schema for each of its two kinds of answer. */
export const COMPLETION_ANSWERS: Content = {
  'application/json': { schema: schemaOf(completionAnswer) },
  'text/event-stream': { schema: schemaOf(chunkAnswer) },
};

function schemaOf(schema: z.ZodType): Schema {
  const { $schema: _, ...jsonSchema } = z.toJSONSchema(schema, {
    // Answers may grow.
    override: ({ jsonSchema: part }) => {
      if (part.additionalProperties === false) delete part.additionalProperties;
    },
  });
  return jsonSchema as Schema;
}
