/** A frame of an answer as far as it is looked at for an error. */
interface Frame {
  readonly error?: unknown;
  readonly errors?: unknown;
  readonly detail?: unknown;
  readonly message?: unknown;
  readonly msg?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly type?: unknown;
  readonly object?: unknown;
  readonly choices?: unknown;
  readonly base_resp?: unknown;
  readonly response?: unknown;
  readonly delta?: unknown;
  readonly error_code?: unknown;
  readonly errorCode?: unknown;
  readonly err_code?: unknown;
  readonly errcode?: unknown;
  readonly error_msg?: unknown;
  readonly error_message?: unknown;
  readonly errorMessage?: unknown;
  readonly errorMsg?: unknown;
  readonly err_msg?: unknown;
  readonly errmsg?: unknown;
  readonly x_groq?: unknown;
}

/**
 * The error that stands in the place of an answer, or of one frame of it, whatever its shape; `undefined` for what is
 * none. Costs a frame of an answer no more than a few looks.
 */
export function failureIn(frame: object): unknown {
  if (Array.isArray(frame)) {
    const [first] = frame as unknown[];
    return typeof first === 'object' && first !== null ? failureIn(first) : undefined;
  }
  const said = frame as Frame;
  if (isSaid(said.error) && !isNothingBeside(said.error, said)) return said;
  const { error: ofGroq } = (said.x_groq ?? {}) as Frame;
  if (isSaid(ofGroq) && !isNothingBeside(ofGroq, said)) return said.x_groq;
  const { error: ofChoice } = firstOf(said.choices);
  if (isSaid(ofChoice) && !isNothingBeside(ofChoice, said)) return ofChoice;
  return said.choices === undefined && isBareError(said) ? said : undefined;
}

/** An error that is not called one. */
function isBareError(frame: Frame) {
  const { object, type, errors, detail, message, msg, code, status, base_resp: reply } = frame;
  if (object === 'error' || type === 'error') return true;
  if (isSaid(errors) || isSaid(detail)) return true;
  const { status_code: replied } = (reply ?? {}) as { readonly status_code?: unknown };
  if (typeof replied === 'number' && replied !== 0) return true;
  // The usual frame of an answer is not looked at any further.
  if (frame.delta === undefined && typeof message !== 'object' && isNumberedError(frame)) return true;
  return typeof (message ?? msg) === 'string' && (isFailing(code) || isFailing(status));
}

/** An error by the number of one, or by its sentence where there is no number: Baidu's, and many gateways'. */
function isNumberedError(frame: Frame): boolean {
  const code = frame.error_code ?? frame.errorCode ?? frame.err_code ?? frame.errcode;
  if (isSaid(code)) return isFailing(code);
  const said = frame.error_msg ?? frame.error_message ?? frame.errorMessage ?? frame.errorMsg;
  return code === undefined && isSaid(said ?? frame.err_msg ?? frame.errmsg);
}

/** An empty object for an error, beside what is a frame of an answer without it. */
function isNothingBeside(error: unknown, { choices, message, response, type }: Frame): boolean {
  const isEmpty = typeof error === 'object' && error !== null && Object.keys(error).length === 0;
  return isEmpty && (choices ?? message ?? response ?? (type === 'error' ? undefined : type)) !== undefined;
}

/** Not one of the words for success. */
function isFailing(code: unknown): boolean {
  if (typeof code === 'number') return code !== 0 && (code < 200 || code > 299);
  return typeof code === 'string' && code !== '' && !/^(0|2\d\d|ok|success)$/i.test(code);
}

/** Nothing, an empty text and `false` do not say that anything is wrong. */
function isSaid(error: unknown): boolean {
  if (error === undefined || error === null || error === '' || error === false || error === 0) return false;
  return !(Array.isArray(error) && error.length === 0);
}

function firstOf(choices: unknown): Frame {
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
  return first ?? {};
}
