import type { ModelError } from '../../core/model-error.js';
import { subjectOf, type Subject } from './error-subject.js';
import { failureIn } from './failure-in.js';
import {
  accountUsedUp,
  brokenAnswer,
  keyRefused,
  malformedOutput,
  modelRefused,
  moved,
  rateLimited,
  requestRefused,
  timedOut,
  tooLong,
  unavailable,
  unknownModel,
} from './model-errors.js';
import type { HttpStatusError } from './http-status-error.js';
import { readError, type ReportedError } from './reported-error.js';
import { retryAfterSeconds } from './retry-after.js';

/** The provider that was asked, and the cause to log. */
interface ErrorContext {
  readonly provider: string;
  readonly cause: Error;
  readonly headers?: Headers;
}

/** What servers respond to an unknown path, other than an HTML page. */
const ABOUT_PATH =
  /^(page |path |route |endpoint )?not found\.?$|no such (path|route|endpoint|page)|page not found|invalid url|cannot (get|post) |unknown (request )?(url|path|endpoint|route)/im;
/** Statuses that do not say what failed; the body may. */
const VAGUE_STATUSES: ReadonlySet<number> = new Set([400, 500, 502]);

/** A response with an error status as an error of the catalogue; nothing of the provider's text is kept. */
export function classifyStatusError(refusal: HttpStatusError, provider: string): ModelError {
  const error = readError(refusal.body);
  const isVague = VAGUE_STATUSES.has(refusal.status) && error.status !== undefined;
  const status = isVague ? error.status : refusal.status;
  const [code, type] = error.words;
  const { headers, requestID } = refusal;
  const cause = Object.assign(new Error(refusal.message), { status: refusal.status, code, type, requestID });
  const told = { provider, cause, headers };
  return bySubject(subjectOf(error, status), status, told) ?? byStatus(status, error, told);
}

/** An error that came with a success status, in place of an answer or in the middle of one. */
export function reportedError(provider: string, reported: unknown): ModelError {
  const error = readError(reported);
  const { status, words } = error;
  const told = { provider, cause: new Error(`error object in the stream (${words[0] ?? 'no code'})`) };
  const subject = subjectOf(error, status);
  const known = bySubject(subject, status, told);
  if (known !== undefined) return known;
  if (status !== undefined && status < 500) return byStatus(status, error, told);
  if (subject === 'overloaded' || subject === 'trouble') return unavailable(provider, told.cause);
  if (subject === 'timeout') return timedOut(provider, told.cause);
  return brokenAnswer(provider, 'ended in an error of its own', told.cause);
}

/** The error by its codes and sentences, if they are more specific than the status. */
function bySubject(
  subject: Subject | undefined,
  status: number | undefined,
  { provider, cause, headers }: ErrorContext,
): ModelError | undefined {
  if (subject === 'flagged') return modelRefused(provider, cause);
  if (subject === 'used_up') return accountUsedUp(provider, cause);
  if (subject === 'rate' || status === 429) return rateLimited(provider, retryAfterSeconds(headers), cause);
  if (subject === 'key' || status === 401 || status === 403) return keyRefused(provider, cause);
  if (status === 402) return accountUsedUp(provider, cause);
  switch (subject) {
    case 'model':
      return unknownModel(provider, cause);
    case 'length':
      return tooLong(provider, cause);
    case 'refused':
      return modelRefused(provider, cause);
    case 'malformed':
      return malformedOutput(provider, cause);
    case 'overloaded':
      return status === undefined ? undefined : unavailable(provider, cause);
    case 'request':
      return status === undefined || status === 500 ? requestRefused(provider, cause) : undefined;
    default:
      return undefined;
  }
}

function byStatus(status: number, error: ReportedError, { provider, cause }: ErrorContext): ModelError {
  if (status < 400) return moved(provider, cause);
  if (status === 404) return isAboutPath(error) ? moved(provider, cause) : unknownModel(provider, cause);
  if (status === 408) return timedOut(provider, cause);
  if (status === 413) return tooLong(provider, cause);
  // 498: Groq has no capacity now. 499: Ollama's request was cut off.
  if (status === 409 || status === 498 || status === 499 || status >= 500)
    return unavailable(provider, cause);
  return requestRefused(provider, cause);
}

/** An HTML page in place of data comes from some other kind of server. */
function isAboutPath({ isData, text }: ReportedError): boolean {
  return (!isData && !/\bmodel\b/i.test(text)) || ABOUT_PATH.test(text);
}

/** An answer that came as one body; throws an error that came in its place with a success status. */
export function answerIn<Answer>(answer: Answer, provider: string): Answer {
  const failure = typeof answer === 'object' && answer !== null ? failureIn(answer) : undefined;
  if (failure !== undefined) throw reportedError(provider, failure);
  return answer;
}
