import { z } from 'zod';
import { authVariables } from './sections/auth.js';
import { databaseVariables } from './sections/database.js';
import { httpVariables } from './sections/http.js';
import { llmVariables } from './sections/llm.js';
import { logVariables } from './sections/log.js';
import { processVariables } from './sections/process.js';
import { providerVariables } from './sections/providers.js';
import { ragVariables } from './sections/rag.js';
import { streamVariables } from './sections/stream.js';
import { telemetryVariables } from './sections/telemetry.js';
import { turnVariables } from './sections/turn.js';
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

/** Every variable the server reads, with its bounds, default and meaning: those of `sections/`, and no others. */
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
