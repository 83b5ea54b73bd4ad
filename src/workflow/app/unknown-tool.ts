import { AppError } from '../../kernel/index.js';

const MAX_SHOWN = 64;

/** The error for a name that means no tool of the user's. */
export function unknownTool(name: string): AppError {
  const shown = name.slice(0, MAX_SHOWN);
  return new AppError(
    'UNKNOWN_TOOL',
    `There is no tool ${JSON.stringify(shown)}. GET /tools lists those you may use.`,
    { details: { tool: shown } },
  );
}
