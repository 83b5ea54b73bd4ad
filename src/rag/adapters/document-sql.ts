/**
 * What statements of other rooms say of documents, as fragments of SQL. The parameter is an expression that stands in those
 * statements, never a value.
 */

/** A query of the `level` of the document's readers, of no row when it is gone. */
export function levelOf(document: string): string {
  return `SELECT s.level FROM rag_documents d JOIN rag_scopes s ON s.id = d.scope_id WHERE d.id = ${document}`;
}

/** Whether the document is there. */
export function isThere(document: string): string {
  return `EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = ${document})`;
}
