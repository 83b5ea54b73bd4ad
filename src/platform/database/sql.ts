/** One named statement. The name makes it a prepared statement: parsed and planned once per connection. */
export interface Sql {
  readonly name: string;
  readonly text: string;
}

/** Names a statement. Names are unique in the process: a second text under one name would run the first. */
export function sql(name: string, text: string): Sql {
  if (taken.has(name)) throw new Error(`two statements are named ${name}`);
  taken.add(name);
  return { name, text };
}

const taken = new Set<string>();

/** Runs named statements, inside a transaction or on any free connection. */
export interface Queryable {
  query<Row>(statement: Sql, values?: readonly unknown[]): Promise<Row[]>;
}
