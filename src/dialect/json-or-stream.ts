import type { ApiResponseOptions } from '@nestjs/swagger';
import type { z } from 'zod';
import { jsonSchemaOf } from '../platform/http/index.js';

type Content = NonNullable<Extract<ApiResponseOptions, { content?: unknown }>['content']>;

/** What a route answers with that answers in two ways: JSON, or a stream with the frame behind each `data:`. */
export function jsonOrStream(answer: z.ZodType, frame: z.ZodType): Content {
  return {
    'application/json': { schema: jsonSchemaOf(answer, 'output') },
    'text/event-stream': { schema: jsonSchemaOf(frame, 'output') },
  };
}
