import { ConfigError } from './platform/config/index.js';
import { describeDatabaseError } from './platform/database/index.js';
import { UnhandledJobsError } from './platform/jobs/index.js';

/** An error that prevents the start, with a message for the operator. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Errors that an operator can fix are shown as a sentence; others with their stack. */
export function operatorMessage(error: unknown): string {
  if (IN_WORDS.some((type) => error instanceof type)) return (error as Error).message;
  if (!(error instanceof Error)) return String(error);
  return listeningInWords(error) ?? describeDatabaseError(error) ?? error.stack ?? error.message;
}

const IN_WORDS = [ConfigError, StartError, UnhandledJobsError];

function listeningInWords(error: NodeJS.ErrnoException): string | undefined {
  const { code, syscall } = error;
  if (code === 'EADDRINUSE')
    return `Port ${(error as { readonly port?: number }).port} is taken by another program. Stop that program, or set PORT to another one.`;
  if (code === 'EACCES' && syscall === 'listen')
    return 'This user may not listen on that port. Set PORT to one above 1023.';
  return undefined;
}
