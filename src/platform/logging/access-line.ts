const MAX_PATH_LENGTH = 256;
const PROBES = /^\/(health|metrics)(\/|\?|$)/;

/** What the access log reads of a request and its reply. */
export interface ServedRequest {
  readonly request: {
    readonly id: string;
    readonly method: string;
    readonly url: string;
    readonly user?: { readonly id: string } | undefined;
  };
  readonly reply: { readonly statusCode: number; readonly elapsedTime: number };
}

/** The fields of an access log entry. */
export interface AccessLine {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  readonly userId?: string;
}

/**
 * The access log entry of a request: without its query string, which may contain a ticket or user text, and without its
 * body. Probes have none.
 */
export function accessLine({ request, reply }: ServedRequest): AccessLine | undefined {
  if (PROBES.test(request.url)) return undefined;
  const path = request.url.split('?', 1)[0] ?? '';
  return {
    requestId: request.id,
    method: request.method,
    path: path.length > MAX_PATH_LENGTH ? `${path.slice(0, MAX_PATH_LENGTH)}…` : path,
    status: reply.statusCode,
    durationMs: Math.round(reply.elapsedTime * 10) / 10,
    ...(request.user === undefined ? {} : { userId: request.user.id }),
  };
}
