import { z } from 'zod';
import { authVariables } from './rooms/auth.js';
import { databaseVariables } from './rooms/database.js';
import { httpVariables } from './rooms/http.js';
import { llmVariables } from './rooms/llm.js';
import { logVariables } from './rooms/log.js';
import { processVariables } from './rooms/process.js';
import { providerVariables } from './rooms/providers.js';
import { ragVariables } from './rooms/rag.js';
import { streamVariables } from './rooms/stream.js';
import { telemetryVariables } from './rooms/telemetry.js';
import { turnVariables } from './rooms/turn.js';
import { isDuration } from './value-types.js';

const shape = {
  ...processVariables,
  ...databaseVariables,
  ...authVariables,
  ...httpVariables,
  ...turnVariables,
  ...logVariables,
  ...streamVariables,
  ...ragVariables,
  ...llmVariables,
  ...providerVariables,
  ...telemetryVariables,
} as const;

/** Every variable the server reads, with its bounds, default and meaning: those of `rooms/`, and no others. */
export const environmentSchema = z.object(shape);
export type Environment = z.output<typeof environmentSchema>;

/** The variables' names, one line of meaning each, and what is not shown as it is kept: `.env.example` is checked against it. */
export const ENVIRONMENT_VARIABLES: readonly {
  readonly name: string;
  readonly meaning: string;
  readonly isDuration: boolean;
}[] = Object.entries(shape).map(([name, schema]) => ({
  name,
  meaning: schema.description ?? '',
  isDuration: isDuration(schema),
}));
