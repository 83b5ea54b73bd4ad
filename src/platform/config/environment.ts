import { z } from 'zod';
import { authVariables } from './sections/auth.js';
import { databaseVariables } from './sections/database.js';
import { egressVariables } from './sections/egress.js';
import { httpVariables } from './sections/http.js';
import { llmVariables } from './sections/llm.js';
import { logVariables } from './sections/log.js';
import { mcpVariables } from './sections/mcp.js';
import { processVariables } from './sections/process.js';
import { providerVariables } from './sections/providers.js';
import { ragVariables } from './sections/rag.js';
import { streamVariables } from './sections/stream.js';
import { telemetryVariables } from './sections/telemetry.js';
import { toolVariables } from './sections/tool.js';
import { turnVariables } from './sections/turn.js';
import { webhookVariables } from './sections/webhook.js';
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
  ...toolVariables,
  ...egressVariables,
  ...mcpVariables,
  ...webhookVariables,
  ...telemetryVariables,
} as const;

/** Every variable that the server reads, with its bounds, default and meaning; exactly those in `sections/`. */
export const environmentSchema = z.object(shape);
export type Environment = z.output<typeof environmentSchema>;

/**
 * The variables' names, their descriptions, and values that are displayed in another form; `.env.example` is generated
 * from it.
 */
export const ENVIRONMENT_VARIABLES: readonly {
  readonly name: string;
  readonly meaning: string;
  readonly isDuration: boolean;
}[] = Object.entries(shape).map(([name, schema]) => ({
  name,
  meaning: schema.description ?? '',
  isDuration: isDuration(schema),
}));
