/** Longer lexemes are not words, and would not fit into an index entry. */
const TERM_LENGTH = 128;

/**
 * A query for the terms of a text that was split by `core/search-text.ts`, the same for chunks and queries; `words` and
 * `grams` are SQL. Returns `term`, `frequency` and `first`, its first position among those of its kind.
 */
export function termsOf(words: string, grams: string): string {
  return `SELECT l.lexeme AS term, cardinality(l.positions)::smallint AS frequency, l.positions[1]::bigint AS first
    FROM unnest(to_tsvector('english', ${words})) l WHERE length(l.lexeme) <= ${TERM_LENGTH}
    UNION ALL
    SELECT g.term, least(count(*), 32767)::smallint, min(g.place)
    FROM string_to_table(${grams}, ' ') WITH ORDINALITY AS g (term, place) WHERE g.term <> '' GROUP BY g.term`;
}
