/** Longer lexemes are no words, and would not fit an index entry beside what else stands there. */
const TERM_LENGTH = 128;

/** A query for the terms of an SQL text expression, the same for chunks and queries: `term`, `frequency`, `first`. */
export function termsOf(expression: string): string {
  return `SELECT l.lexeme AS term, cardinality(l.positions)::smallint AS frequency, l.positions[1] AS first
    FROM unnest(to_tsvector('english', ${expression})) l WHERE length(l.lexeme) <= ${TERM_LENGTH}`;
}
