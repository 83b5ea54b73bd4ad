const MAX_CAUSE_DEPTH = 4;

const TIMEOUT_CODES = [
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
];

/** An identifier (a code, a type, a request id), or `undefined` for anything that could be a sentence. */
export function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.:-]{1,80}$/.test(value) ? value : undefined;
}

/** The system's codes (`ECONNREFUSED`, `UND_ERR_SOCKET`, …) of an error and of its causes. */
export function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  let current: unknown = error;
  for (
    let depth = 0;
    depth < MAX_CAUSE_DEPTH && typeof current === 'object' && current !== null;
    depth += 1
  ) {
    const { code, cause, errors } = current as { code?: unknown; cause?: unknown; errors?: unknown };
    const word = wordOf(code);
    if (word !== undefined) codes.push(word);
    // If a host has several addresses, each failed for its own reason.
    current = cause ?? (Array.isArray(errors) ? (errors[0] as unknown) : undefined);
  }
  return codes;
}

/** Whether the operating system or the HTTP client timed out. */
export function isTimeout(error: unknown): boolean {
  return codesOf(error).some((code) => TIMEOUT_CODES.includes(code));
}

/**
 * The part of an error that may be logged: status, codes, request id. A provider's error repeats prompts and keys, and
 * a JSON error quotes the answer, so nothing else of it is kept.
 */
export function scrubbedCause(error: unknown): Error | undefined {
  if (error === undefined) return undefined;
  const facts: string[] = [];
  const { status, type, requestID } = (error ?? {}) as Record<'status' | 'type' | 'requestID', unknown>;
  if (typeof status === 'number') facts.push(`status ${status}`);
  if (wordOf(type) !== undefined) facts.push(`type ${wordOf(type)}`);
  if (wordOf(requestID) !== undefined) facts.push(`request ${wordOf(requestID)}`);
  facts.push(...codesOf(error));
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return new Error([name, ...facts].join(', '));
}
