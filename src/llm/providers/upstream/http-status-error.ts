import type { HttpFetch } from './http-fetch.js';
import type { HttpResponse } from './http-response.js';

/** A response with an error status, with the beginning of its body. */
export class HttpStatusError extends Error {
  constructor(
    readonly status: number,
    readonly headers: Headers,
    readonly body: string,
  ) {
    super('a status that is no success');
  }

  /** The provider's id of the request, for its support. */
  get requestID(): string | undefined {
    return this.headers.get('x-request-id') ?? this.headers.get('request-id') ?? undefined;
  }
}

/**
 * A fetch that throws a {@link HttpStatusError} for an error status. The SDKs would parse the body in their own
 * vendor's format, and lose what other servers report.
 */
export function throwOnErrorStatus(fetch: HttpFetch): HttpFetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!response.ok) throw await statusErrorOf(response);
    return response;
  };
}

/** The error of a response that is no success, with the beginning of its body. */
export async function statusErrorOf(
  response: Pick<HttpResponse, 'status' | 'headers' | 'text'>,
): Promise<HttpStatusError> {
  return new HttpStatusError(response.status, response.headers, await response.text().catch(() => ''));
}

/** The status error behind an SDK's own error, if there is one. */
export function httpStatusErrorIn(error: unknown): HttpStatusError | undefined {
  if (error instanceof HttpStatusError) return error;
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return cause instanceof HttpStatusError ? cause : undefined;
}
