import { isReadable } from './readable.js';

/**
 * SQL fragments about documents, for statements of other modules. The parameters are SQL expressions of
 * those statements, never values.
 */

/** A query of the document's security level; no row if it was deleted. */
export function levelOf(document: string): string {
  return `SELECT s.level FROM rag_documents d JOIN rag_scopes s ON s.id = d.scope_id WHERE d.id = ${document}`;
}

/** Whether a user may read any document that a search can find. `level` is that of the user's clearance. */
export function hasReadable(org: string, level: string, user: string): string {
  return `EXISTS (SELECT 1 FROM rag_scopes WHERE ${isReadable(org, level, user)} AND chunk_count > 0)`;
}

/** Whether the document exists. */
export function isThere(document: string): string {
  return `EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = ${document})`;
}
