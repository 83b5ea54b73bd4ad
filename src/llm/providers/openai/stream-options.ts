import { httpStatusErrorIn } from '../upstream/http-status-error.js';

const REFUSING = [400, 422];
/** The field's name in JSON, in a server's own language, and in its sentences. */
const NAMED = /stream[\s_-]*options?|include[\s_-]*usage/i;

/** Whether a request was rejected for its `stream_options`, wherever in the response that is mentioned. */
export function namesStreamOptions(error: unknown): boolean {
  const refusal = httpStatusErrorIn(error);
  return refusal !== undefined && REFUSING.includes(refusal.status) && NAMED.test(refusal.body);
}
