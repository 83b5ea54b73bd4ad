import type { Caller } from '../../kernel/index.js';

/** What the guards read of a request, and the caller they leave on it. */
export interface AuthenticatedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query: unknown;
  readonly params: unknown;
  user?: Caller;
}
