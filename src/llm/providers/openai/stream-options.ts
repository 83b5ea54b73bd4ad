import { httpStatusErrorIn } from '../upstream/http-status-error.js';

const REFUSING = [400, 422];
/** As the field is called in JSON, in a server's own language, and in its sentences. */
const NAMED = /stream[\s_-]*options?|include[\s_-]*usage/i;

/** Whether a request was refused for its `stream_options`, in whatever words and wherever in the answer they stand. */
export function namesStreamOptions(error: unknown): boolean {
  const refusal = httpStatusErrorIn(error);
  return refusal !== undefined && REFUSING.includes(refusal.status) && NAMED.test(refusal.body);
}
