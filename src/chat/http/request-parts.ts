import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { AppError } from '../../kernel/index.js';

interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly query: unknown;
}

const MAX_KEY_CHARS = 255;

/** The raw response, for streams that must know how fast their client reads. */
export const RawResponse = createParamDecorator(
  (_data: unknown, context: ExecutionContext): ServerResponse =>
    context.switchToHttp().getResponse<{ raw: ServerResponse }>().raw,
);

/**
 * The last event a client has: `Last-Event-ID`, which an `EventSource` sends when it reconnects, or `?after=`. Throws
 * `INVALID_CURSOR`.
 */
export const ResumeAfter = createParamDecorator(
  (_data: unknown, context: ExecutionContext): number | undefined => {
    const { headers, query } = context.switchToHttp().getRequest<Request>();
    return resumeAfter(headers['last-event-id'], (query as { after?: unknown } | undefined)?.after);
  },
);

export function resumeAfter(header: unknown, query: unknown): number | undefined {
  const value = header !== undefined && header !== '' ? header : query;
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  throw new AppError('INVALID_CURSOR', 'Last-Event-ID and ?after= take the id of an event: a whole number.');
}

/** The request's `Idempotency-Key`. Throws `VALIDATION_FAILED` for one that is not 1 to 255 printable characters. */
export const IdempotencyKey = createParamDecorator(
  (_data: unknown, context: ExecutionContext): string | undefined => {
    const key = context.switchToHttp().getRequest<Request>().headers['idempotency-key'];
    if (key === undefined) return undefined;
    if (typeof key === 'string' && key.length <= MAX_KEY_CHARS && /^[\x20-\x7e]+$/.test(key)) return key;
    throw new AppError(
      'VALIDATION_FAILED',
      `Idempotency-Key takes 1 to ${MAX_KEY_CHARS} printable ASCII characters.`,
    );
  },
);
