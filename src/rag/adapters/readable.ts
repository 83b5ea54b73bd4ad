import { clearanceLevel, type Caller } from '../../kernel/index.js';

/**
 * The access rule, defined only here: a caller ($1 org, $2 level, $3 user) may read documents of their org, at or below
 * their clearance, that are shared with the org or private to them. Every statement begins with it and reaches
 * documents, chunks and terms through the scopes it yields.
 */
export const READABLE = `readable AS (
    SELECT id, level, private_to, chunk_count, term_count FROM rag_scopes
    WHERE org_id = $1::text AND level <= $2::smallint AND (private_to IS NULL OR private_to = $3::text)
  )`;

/** The values of {@link READABLE}'s parameters. */
export function reader(caller: Caller): readonly [string, number, string] {
  return [caller.org, clearanceLevel(caller.clearance), caller.id];
}
