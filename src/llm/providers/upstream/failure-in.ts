/** The fields of a frame that show whether it is an error. */
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
 * The error in place of an answer, or of one of its frames, whatever its shape; `undefined` if it is not an error.
 * Cheap for a regular frame.
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

/** An error object without an `error` field around it. */
function isBareError(frame: Frame) {
  const { object, type, errors, detail, message, msg, code, status, base_resp: reply } = frame;
  if (object === 'error' || type === 'error') return true;
  if (isSaid(errors) || isSaid(detail)) return true;
  const { status_code: replied } = (reply ?? {}) as { readonly status_code?: unknown };
  if (typeof replied === 'number' && replied !== 0) return true;
  // A regular frame of an answer is not examined any further.
  if (frame.delta === undefined && typeof message !== 'object' && isNumberedError(frame)) return true;
  return typeof (message ?? msg) === 'string' && (isFailing(code) || isFailing(status));
}

/** An error by its code, or by its message where there is no code: Baidu's, and many gateways'. */
function isNumberedError(frame: Frame): boolean {
  const code = frame.error_code ?? frame.errorCode ?? frame.err_code ?? frame.errcode;
  if (isSaid(code)) return isFailing(code);
  const said = frame.error_msg ?? frame.error_message ?? frame.errorMessage ?? frame.errorMsg;
  return code === undefined && isSaid(said ?? frame.err_msg ?? frame.errmsg);
}

/** An empty `error` object in what is otherwise a frame of an answer. */
function isNothingBeside(error: unknown, { choices, message, response, type }: Frame): boolean {
  const isEmpty = typeof error === 'object' && error !== null && Object.keys(error).length === 0;
  return isEmpty && (choices ?? message ?? response ?? (type === 'error' ? undefined : type)) !== undefined;
}

/** Not one of the codes for success. */
function isFailing(code: unknown): boolean {
  if (typeof code === 'number') return code !== 0 && (code < 200 || code > 299);
  return typeof code === 'string' && code !== '' && !/^(0|2\d\d|ok|success)$/i.test(code);
}

/** An absent or empty value and `false` report no error. */
function isSaid(error: unknown): boolean {
  if (error === undefined || error === null || error === '' || error === false || error === 0) return false;
  return !(Array.isArray(error) && error.length === 0);
}

function firstOf(choices: unknown): Frame {
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
  return first ?? {};
}
