/**
 * SQL fragments about documents, for statements of other modules. The parameter is an SQL expression of those
 * statements, never a value.
 */

/** A query of the document's security level; no row if it was deleted. */
export function levelOf(document: string): string {
  return `SELECT s.level FROM rag_documents d JOIN rag_scopes s ON s.id = d.scope_id WHERE d.id = ${document}`;
}

/** Whether the document exists. */
export function isThere(document: string): string {
  return `EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = ${document})`;
}
