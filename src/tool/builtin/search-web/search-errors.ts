import { AppError } from '../../../kernel/index.js';
import type { RefusalReason } from './search-wire.js';

// What a client and a model are told: nothing of what the service said, and no address or key.

export function notConfigured(): AppError {
  return new AppError(
    'PROVIDER_NOT_CONFIGURED',
    'This server has no search service: set SEARCH_KIND to searxng with SEARCH_URL, or to brave or tavily with SEARCH_API_KEY, and start it again.',
  );
}

/** An error status that will be the same next time. */
export function refused(reason: RefusalReason | undefined, status: number): AppError {
  return new AppError('PROVIDER_ERROR', WORDS[reason ?? 'request'], {
    retryable: false,
    cause: new Error(`the search service answered ${status}`),
  });
}

const WORDS: Readonly<Record<RefusalReason | 'request', string>> = {
  key: 'The search service refused the key of this server. Do not search again: whoever runs the server has to set another SEARCH_API_KEY.',
  plan: 'The searches of this server’s plan are used up. Do not search again: whoever runs the server has to raise its limit.',
  format:
    'The search service refused the request. Do not search again: whoever runs it has to put `json` among `search.formats` in its settings, and let this server in.',
  request: 'The search service did not take this search. Word it in another way, and shorter.',
};

export function moved(status: number): AppError {
  return new AppError(
    'PROVIDER_ERROR',
    'The search service sends searches elsewhere. Do not search again: whoever runs the server has to set SEARCH_URL to where it is.',
    { retryable: false, cause: new Error(`the search service answered ${status} with another address`) },
  );
}

export function limited(seconds: number | undefined): AppError {
  const when = seconds === undefined ? 'later' : `after ${seconds} s`;
  return new AppError('RATE_LIMITED', `The search service takes no more searches now. Try again ${when}.`, {
    ...(seconds === undefined ? {} : { retryAfter: seconds }),
  });
}

export function unavailable(cause: unknown): AppError {
  return new AppError('PROVIDER_UNAVAILABLE', 'The search service is not available now. Try again later.', {
    cause,
  });
}

export function timedOut(): AppError {
  return new AppError('PROVIDER_TIMEOUT', 'The search service took too long. Try again, or ask for less.');
}

export function unreadable(why: string, cause?: unknown): AppError {
  return new AppError('PROVIDER_ERROR', `The search service’s answer ${why}. Try again later.`, { cause });
}
