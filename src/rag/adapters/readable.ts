import { clearanceLevel, type Caller } from '../../kernel/index.js';

/**
 * The access rule, defined only here: a caller may read documents of their org, at or below their clearance, that are
 * shared with the org or private to them. Every statement of a caller ($1 org, $2 level, $3 user) begins with it, see
 * {@link READABLE}, and reaches documents, chunks and terms through the scopes it yields.
 */
export function isReadable(org: string, level: string, user: string): string {
  return `org_id = ${org}::text AND level <= ${level}::smallint AND (private_to IS NULL OR private_to = ${user}::text)`;
}

/** What statements of a caller begin with. */
export const READABLE = `readable AS (
    SELECT id, level, private_to, chunk_count, term_count FROM rag_scopes
    WHERE ${isReadable('$1', '$2', '$3')}
  )`;

/** The values of {@link READABLE}'s parameters. */
export function reader(caller: Caller): readonly [string, number, string] {
  return [caller.org, clearanceLevel(caller.clearance), caller.id];
}
