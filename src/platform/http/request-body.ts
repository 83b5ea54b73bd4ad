import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../kernel/index.js';

/** The announced length of the body in bytes: 0 without a body, and `undefined` if it is not announced. */
export function announcedLength(headers: IncomingHttpHeaders): number | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined;
  const length = headers['content-length'];
  return length === undefined ? 0 : Number(length);
}

/** Whether the body is a form with files. */
export function isMultipart({ 'content-type': type }: IncomingHttpHeaders): boolean {
  return type !== undefined && /^\s*multipart\//i.test(type);
}

/** Rejects compressed bodies: their size would be known too late. */
export function checkEncoding({ 'content-encoding': encoding }: IncomingHttpHeaders): void {
  if (encoding === undefined || /^(\s*identity\s*,?)*$/i.test(encoding)) return;
  throw new AppError(
    'UNSUPPORTED_MEDIA_TYPE',
    'Compressed bodies are not taken. Send it without Content-Encoding.',
    { details: { supported: ['identity'] } },
  );
}

/** The error for a body that exceeds the limit. */
export function bodyTooLarge(limit: number, cause?: unknown): AppError {
  return new AppError(
    'PAYLOAD_TOO_LARGE',
    `The body is larger than the ${limit} bytes that are taken here. Send less at once.`,
    { details: { limit }, cause },
  );
}
