import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../kernel/index.js';

/**
 * The length of the body that the headers announce, in bytes: 0 when there is none, and `undefined` when it is not said
 * in advance.
 */
export function announcedLength(headers: IncomingHttpHeaders): number | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined;
  const length = headers['content-length'];
  return length === undefined ? 0 : Number(length);
}

/** Whether the body is a form with files. */
export function isMultipart({ 'content-type': type }: IncomingHttpHeaders): boolean {
  return type !== undefined && /^\s*multipart\//i.test(type);
}

/** Refuses a body that would have to be unpacked first: how large it is would be known too late. */
export function checkEncoding({ 'content-encoding': encoding }: IncomingHttpHeaders): void {
  if (encoding === undefined || /^(\s*identity\s*,?)*$/i.test(encoding)) return;
  throw new AppError(
    'UNSUPPORTED_MEDIA_TYPE',
    'Compressed bodies are not taken. Send it without Content-Encoding.',
    { details: { supported: ['identity'] } },
  );
}

/** The error of a body of more bytes than are taken. */
export function bodyTooLarge(limit: number, cause?: unknown): AppError {
  return new AppError(
    'PAYLOAD_TOO_LARGE',
    `The body is larger than the ${limit} bytes that are taken here. Send less at once.`,
    { details: { limit }, cause },
  );
}
