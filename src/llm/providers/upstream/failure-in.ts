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
  if (isSaid(said.error)) return said;
  const { error: ofGroq } = (said.x_groq ?? {}) as Frame;
  if (isSaid(ofGroq)) return said.x_groq;
  const { error: ofChoice } = firstOf(said.choices);
  if (isSaid(ofChoice)) return ofChoice;
  return said.choices === undefined && isBareError(said) ? said : undefined;
}

/** An error that is not called one. */
function isBareError({ object, type, errors, detail, message, msg, code, status, base_resp: reply }: Frame) {
  if (object === 'error' || type === 'error') return true;
  if (isSaid(errors) || isSaid(detail)) return true;
  const { status_code: replied } = (reply ?? {}) as { readonly status_code?: unknown };
  if (typeof replied === 'number' && replied !== 0) return true;
  return typeof (message ?? msg) === 'string' && (isFailing(code) || isFailing(status));
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
