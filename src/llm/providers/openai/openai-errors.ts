import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { ModelError } from '../../core/model-error.js';
import { isTimeout, wordOf } from '../upstream/cause.js';
import {
  accountUsedUp,
  brokenAnswer,
  keyRefused,
  modelRefused,
  moved,
  notAskable,
  rateLimited,
  requestRefused,
  timedOut,
  tooLong,
  unavailable,
  unknownModel,
} from '../upstream/model-errors.js';
import { retryAfterSeconds } from '../upstream/retry-after.js';

const REFUSED = ['content_filter', 'content_policy_violation'];
const TOO_LONG = ['context_length_exceeded', 'exceed_context_size_error', 'string_above_max_length'];
const UNKNOWN_MODEL = ['model_not_found', 'model_decommissioned'];
const USED_UP = ['insufficient_quota', 'billing_hard_limit_reached'];
const WRONG_KEY = ['invalid_api_key'];
const TOO_MANY = ['rate_limit_exceeded'];
/** The model, not the request, is to blame: it said something that is no call or no JSON. */
const MISSAID = ['tool_use_failed', 'json_validate_failed', 'output_parse_failed'];

/** An error as a provider tells it, by status or in the middle of its answer. */
interface Told {
  readonly status: number;
  readonly words: readonly string[];
  /** Read for what it is about, and never kept. */
  readonly text: string;
  readonly metadata: unknown;
  readonly headers: Headers | undefined;
}

/** An error of the provider's request in the catalogue's words; nothing of the provider's text is kept. */
export function classifyRequestError(error: unknown, provider: string): ModelError {
  if (error instanceof ModelError) return error;
  if (error instanceof APIConnectionTimeoutError) return timedOut(provider, error);
  if (error instanceof APIConnectionError) {
    return isTimeout(error) ? timedOut(provider, error) : unavailable(provider, error);
  }
  if (!isAnswered(error)) return notAskable(provider, error);
  const told: Told = {
    status: error.status,
    words: wordsOf(error.code, error.type),
    text: error.message.slice(0, 2_000),
    metadata: (error.error as { metadata?: unknown } | undefined)?.metadata,
    headers: error.headers,
  };
  return classifyStatus(told, provider, error);
}

/** An error object the provider sent in the middle of its answer; a numeric code in it is a status. */
export function reportedError(provider: string, reported: unknown): ModelError {
  const { code, type, message, metadata } = (
    typeof reported === 'object' && reported !== null ? reported : { code: reported }
  ) as { code?: unknown; type?: unknown; message?: unknown; metadata?: unknown };
  const status = statusIn(code);
  const words = wordsOf(code, type);
  const cause = new Error(`error object in the stream (${wordOf(String(code)) ?? 'no code'})`);
  const text = typeof message === 'string' ? message.slice(0, 2_000) : '';
  const told: Told = { status: status ?? 0, words, text, metadata, headers: undefined };
  return (
    byWords(told, provider, cause) ??
    (status !== undefined && status < 500
      ? classifyStatus(told, provider, cause)
      : brokenAnswer(provider, 'ended in an error of its own', cause))
  );
}

/** What to throw for an answer in one piece where a stream was asked for: often an error under the status of success. */
export function classifyWholeAnswer(text: string, provider: string): ModelError {
  const reported = errorIn(text);
  return reported === undefined ? brokenAnswer(provider, 'is no stream') : reportedError(provider, reported);
}

function errorIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { error?: unknown } | null)?.error ?? undefined;
  } catch {
    return undefined;
  }
}

function isAnswered(error: unknown): error is APIError & { readonly status: number } {
  return error instanceof APIError && typeof error.status === 'number';
}

function classifyStatus(told: Told, provider: string, cause: Error): ModelError {
  const { status } = told;
  if (status === 401) return keyRefused(provider, cause);
  // OpenRouter says with the same status that a moderator did not like the question.
  if (status === 403) return wasFlagged(told) ? modelRefused(provider, cause) : keyRefused(provider, cause);
  if (status === 402) return accountUsedUp(provider, cause);
  if (status === 413) return tooLong(provider, cause);
  if (status === 429 && !says(told, USED_UP))
    return rateLimited(provider, retryAfterSeconds(told.headers), cause);
  const known = byWords(told, provider, cause);
  if (known !== undefined) return known;
  if (status === 404) return unknownModel(provider, cause);
  if (status === 408) return timedOut(provider, cause);
  // 498: Groq has no room now.
  if (status === 409 || status === 498 || status >= 500) return unavailable(provider, cause);
  return status < 400 ? moved(provider, cause) : requestRefused(provider, cause);
}

function byWords(told: Told, provider: string, cause: Error): ModelError | undefined {
  if (says(told, USED_UP)) return accountUsedUp(provider, cause);
  if (says(told, WRONG_KEY)) return keyRefused(provider, cause);
  if (says(told, UNKNOWN_MODEL) || speaksOfNoModel(told)) return unknownModel(provider, cause);
  if (says(told, TOO_LONG) || speaksOfLength(told)) return tooLong(provider, cause);
  if (says(told, REFUSED)) return modelRefused(provider, cause);
  if (says(told, MISSAID)) return brokenAnswer(provider, 'is not in the form that was asked for', cause);
  if (says(told, TOO_MANY)) return rateLimited(provider, retryAfterSeconds(told.headers), cause);
  return undefined;
}

function says({ words }: Told, known: readonly string[]): boolean {
  return words.some((word) => known.includes(word));
}

/** Several compatible servers put no code on it, only words. */
function speaksOfLength({ status, text }: Told): boolean {
  return status === 400 && /context (length|size|window)/i.test(text);
}

function speaksOfNoModel({ status, text }: Told): boolean {
  return status === 400 && /not a valid model/i.test(text);
}

function wasFlagged({ metadata }: Told): boolean {
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    ('reasons' in metadata || 'flagged_input' in metadata)
  );
}

function wordsOf(...values: readonly unknown[]): readonly string[] {
  return values.map(wordOf).filter((word) => word !== undefined);
}

function statusIn(code: unknown): number | undefined {
  const status = typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : code;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status < 600
    ? status
    : undefined;
}
