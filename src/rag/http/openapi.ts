import type { ApiOperationOptions } from '@nestjs/swagger';
import { z } from 'zod';
import { documentBody } from './schemas.js';

type RequestBody = NonNullable<ApiOperationOptions['requestBody']>;
type Schema = NonNullable<Extract<RequestBody, { content: unknown }>['content'][string]['schema']>;

/** A document's request body in both its forms: as JSON, and as a form whose file is the content. */
export function documentRequestBody(): RequestBody {
  return {
    required: true,
    content: {
      'application/json': { schema: schemaOf(documentBody) },
      'multipart/form-data': { schema: schemaOf(documentForm) },
    },
  };
}

const documentForm = z.strictObject({
  file: z.string().meta({ format: 'binary', description: 'The document, in UTF-8.' }),
  ...documentBody.omit({ content: true }).shape,
  title: documentBody.shape.title.optional().describe("The file's name when absent."),
  contentType: z.string().optional().describe("The file's own type when absent."),
  metadata: z.string().optional().describe('A JSON object, as text.'),
});

function schemaOf(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' });
  return rest as Schema;
}
