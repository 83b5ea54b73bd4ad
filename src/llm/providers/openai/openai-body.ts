/** The JSON body of a request. */
export type Body = Readonly<Record<string, unknown>>;

/** A body without some of its fields. */
export function without(body: Body, fields: readonly string[]): Body {
  return Object.fromEntries(Object.entries(body).filter(([field]) => !fields.includes(field)));
}

/** Replaces `minimal` by `low` for models that do not support it. */
export function withLeastEffort(body: Body, isLow: boolean): Body {
  return isLow && body['reasoning_effort'] === 'minimal' ? { ...body, reasoning_effort: 'low' } : body;
}
