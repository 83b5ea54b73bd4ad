import { EgressError } from '../../../platform/egress/index.js';
import { STREAM_ENDED } from './http-transport.js';

/**
 * What went wrong with a request to a server. `gone`: the session is over and the server has refused the request for that.
 * `unreached`: it has got nothing of it. `refused`: it has answered that it will not do it. `unauthorized`: it wants to know for
 * whom. `unknown`: it may or may not have done it.
 */
export type FailureKind = 'gone' | 'unreached' | 'refused' | 'unauthorized' | 'unknown';

export interface Failure {
  readonly kind: FailureKind;
  /** Words for a person or a model, from the server where it has said some; no addresses, keys or paths of ours. */
  readonly reason: string;
}

/** JSON-RPC: there is no such method, or its parameters are wrong, an unknown tool among them. */
const UNKNOWN_METHOD = -32_601;
const WRONG_PARAMETERS = -32_602;
const MAX_REASON = 500;

interface Known {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly data?: { readonly status?: unknown; readonly text?: unknown };
}

/** Reads what the package has thrown. */
export function failureOf(error: unknown, hasSession = false): Failure {
  if (error instanceof EgressError)
    return { kind: error.mayHaveArrived ? 'unknown' : 'unreached', reason: error.message };
  const { name, code, message, data, cause } = (error ?? {}) as Known;
  if (code === 'ERA_NEGOTIATION_FAILED' && cause !== undefined) return failureOf(cause, hasSession);
  if (name === 'InsufficientScopeError') return MORE_WANTED;
  if (name === 'UnauthorizedError') return UNAUTHORIZED;
  const status = typeof data?.status === 'number' ? data.status : undefined;
  if (status !== undefined)
    return ofStatus(status, typeof data?.text === 'string' ? data.text : '', hasSession);
  if (typeof code === 'number' && code !== STREAM_ENDED) {
    const words = typeof message === 'string' ? message.replace(/^MCP error -?\d+: /, '') : '';
    return { kind: 'refused', reason: quoted(words, 'It does not say why.') };
  }
  return ofCode(code);
}

/** Whether the server says that it has no such tool, or not any more. */
export function isAboutTheTool(error: unknown): boolean {
  const { code } = (error ?? {}) as Known;
  return code === WRONG_PARAMETERS || code === UNKNOWN_METHOD;
}

const UNAUTHORIZED: Failure = {
  kind: 'unauthorized',
  reason: 'It asks for a credential of yours: enter one, or log in there.',
};

const MORE_WANTED: Failure = {
  kind: 'unauthorized',
  reason: 'It asks for more than you have let this server do there: log in again.',
};

function ofStatus(status: number, text: string, hasSession: boolean): Failure {
  if (status === 401 || status === 403) return UNAUTHORIZED;
  if (hasSession && (status === 404 || (status === 400 && /session/i.test(text))))
    return { kind: 'gone', reason: 'Its session is over.' };
  if (status >= 300 && status < 400) return { kind: 'refused', reason: 'It redirects to another place.' };
  if (status === 429) return { kind: 'refused', reason: 'It gets too many requests now.' };
  if (status >= 500) return { kind: 'unknown', reason: `It answers with the status ${status}.` };
  return { kind: 'refused', reason: `It answers with the status ${status}.` };
}

function ofCode(code: unknown): Failure {
  switch (code) {
    case 'NOT_CONNECTED':
      return { kind: 'unreached', reason: 'It is not connected.' };
    case 'REQUEST_TIMEOUT':
      return { kind: 'unknown', reason: 'It does not answer in time.' };
    case 'CONNECTION_CLOSED':
    case STREAM_ENDED:
      return { kind: 'unknown', reason: 'The connection broke off.' };
    case 'INVALID_RESULT':
    case 'UNSUPPORTED_RESULT_TYPE':
    case 'CLIENT_HTTP_UNEXPECTED_CONTENT':
      return { kind: 'unknown', reason: 'Its answer is none that the protocol knows.' };
    case 'LIST_PAGINATION_EXCEEDED':
      return { kind: 'refused', reason: 'Its list has too many pages.' };
    case 'ENOENT':
    case 'EACCES':
      return { kind: 'unreached', reason: 'Its program cannot be started.' };
    default:
      return { kind: 'unknown', reason: 'It cannot be understood.' };
  }
}

/** The server's own words, in one line. */
function quoted(words: string, otherwise: string): string {
  const line = words.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line === '' ? otherwise : `It says: ${line.slice(0, MAX_REASON).toWellFormed()}`;
}
