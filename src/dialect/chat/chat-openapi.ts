import type { ApiResponseOptions } from '@nestjs/swagger';
import { z } from 'zod';
import { chatAnswer, chatFrame } from './chat-schemas.js';

type Content = NonNullable<Extract<ApiResponseOptions, { content?: unknown }>['content']>;

/** What `POST /chat` answers with: another schema for each of its two kinds of answer. */
export const CHAT_ANSWERS: Content = {
  'application/json': { schema: schemaOf(chatAnswer) },
  'text/event-stream': { schema: schemaOf(chatFrame) },
};

function schemaOf(schema: z.ZodType): NonNullable<Content[string]['schema']> {
  const { $schema: _, ...jsonSchema } = z.toJSONSchema(schema, {
    override: ({ jsonSchema: part }) => {
      if (part.format !== undefined) delete part.pattern;
      // Answers may grow.
      if (part.additionalProperties === false) delete part.additionalProperties;
    },
  });
  return jsonSchema as NonNullable<Content[string]['schema']>;
}
