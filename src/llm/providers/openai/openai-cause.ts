import { APIError } from 'openai';

const DEEPEST_CAUSE = 4;

/** A machine's word (a code, a type, a request id), or `undefined` for what could be a sentence. */
export function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.:-]{1,80}$/.test(value) ? value : undefined;
}

/** The system's codes (`ECONNREFUSED`, `UND_ERR_SOCKET`, …) of an error and of those behind it. */
export function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < DEEPEST_CAUSE && typeof current === 'object' && current !== null; depth += 1) {
    const { code, cause, errors } = current as { code?: unknown; cause?: unknown; errors?: unknown };
    const word = wordOf(code);
    if (word !== undefined) codes.push(word);
    // Where a host has several addresses, each has failed for its own reason.
    current = cause ?? (Array.isArray(errors) ? (errors[0] as unknown) : undefined);
  }
  return codes;
}

/**
 * What may be logged of an error: status, codes, request id. A provider's error repeats prompts and keys, and a
 * JSON error quotes the answer, so nothing else of it is kept.
 */
export function scrubbedCause(error: unknown): Error | undefined {
  if (error === undefined) return undefined;
  const facts: string[] = [];
  if (error instanceof APIError) {
    if (typeof error.status === 'number') facts.push(`status ${error.status}`);
    const type = wordOf(error.type);
    if (type !== undefined) facts.push(`type ${type}`);
    const requestId = wordOf(error.requestID);
    if (requestId !== undefined) facts.push(`request ${requestId}`);
  }
  facts.push(...codesOf(error));
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return new Error([name, ...facts].join(', '));
}
