import type { HttpFetch } from './http-fetch.js';

/** An answer whose status is no success, with the beginning of its body. */
export class HttpStatusError extends Error {
  constructor(
    readonly status: number,
    readonly headers: Headers,
    readonly body: string,
  ) {
    super('a status that is no success');
  }

  /** How the provider calls the request, for its support. */
  get requestID(): string | undefined {
    return this.headers.get('x-request-id') ?? this.headers.get('request-id') ?? undefined;
  }
}

/**
 * A fetch that throws a {@link HttpStatusError} in place of a status that is no success. The SDKs would read its body as their
 * own vendor writes errors, and lose what anybody else's server says.
 */
export function throwOnErrorStatus(fetch: HttpFetch): HttpFetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.ok) return response;
    throw new HttpStatusError(response.status, response.headers, await response.text().catch(() => ''));
  };
}

/** The refusal that an SDK has wrapped into an error of its own, if it is one. */
export function httpStatusErrorIn(error: unknown): HttpStatusError | undefined {
  if (error instanceof HttpStatusError) return error;
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return cause instanceof HttpStatusError ? cause : undefined;
}
