/** The JSON of a request as it goes out. */
export type Body = Readonly<Record<string, unknown>>;

/** A body without some of its fields. */
export function without(body: Body, fields: readonly string[]): Body {
  return Object.fromEntries(Object.entries(body).filter(([field]) => !fields.includes(field)));
}

/** `minimal` said as `low`, to models that know no less. */
export function withLeastEffort(body: Body, isLow: boolean): Body {
  return isLow && body['reasoning_effort'] === 'minimal' ? { ...body, reasoning_effort: 'low' } : body;
}
