import { AppError } from '../../../../kernel/index.js';
import { EgressError } from '../../../../platform/egress/index.js';

/** What is in the way of a login: set up wrongly here, done wrongly there, or not there at the moment. */
type Fault = 'ours' | 'theirs' | 'away';

const CODES = { ours: 'STATE_CONFLICT', theirs: 'PROVIDER_ERROR', away: 'PROVIDER_UNAVAILABLE' } as const;

/** Why nobody can log in to a server, in words; never with words of the other side, which may hold anything. */
export function refusal(server: string, why: string, fault: Fault = 'theirs'): AppError {
  const retryable = fault === 'away' ? {} : { retryable: false };
  return new AppError(CODES[fault], `Nobody can log in for the MCP server ${server}: ${why}`, {
    ...retryable,
  });
}

/** The same for something that was thrown on the way. */
export function refusalOf(server: string, error: unknown, step: string): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof EgressError)
    return refusal(server, `${step} cannot be asked. ${error.message}`, 'away');
  const { name, kind } = (error ?? {}) as { readonly name?: unknown; readonly kind?: unknown };
  if (name === 'TimeoutError') return refusal(server, `${step} does not answer in time.`, 'away');
  if (name === 'IssuerMismatchError')
    return refusal(
      server,
      kind === 'metadata'
        ? `${step} calls itself by another name than the MCP server does.`
        : 'the answer is not from the authorization server that was asked.',
    );
  if (name === 'InsecureTokenEndpointError') return refusal(server, `${step} is not at an https:// address.`);
  return refusal(server, `${step} gives an answer that cannot be used.`);
}
