/** One named statement. The name makes it a prepared statement: parsed and planned once per connection. */
export interface Sql {
  readonly name: string;
  readonly text: string;
}

/**
 * Names a statement. Names are unique in the process: a second text under one name would run the first. A statement
 * that is built from parts may be created again with the same text.
 */
export function sql(name: string, text: string): Sql {
  const first = texts.get(name) ?? text;
  if (first !== text) throw new Error(`two statements are named ${name}`);
  texts.set(name, text);
  return { name, text };
}

const texts = new Map<string, string>();

/** All statements that were named in this process so far: in the composed server, every one. */
export function namedStatements(): readonly Sql[] {
  return [...texts].map(([name, text]) => ({ name, text }));
}

/** Runs named statements, inside a transaction or on any free connection. */
export interface Queryable {
  query<Row>(statement: Sql, values?: readonly unknown[]): Promise<Row[]>;
}
