/**
 * What is to be delivered, as a statement of SQL for whoever makes it happen: stored in the same transaction, it is told of if
 * and only if it has happened. `rows` is an expression of {@link Outbox.rowsOf}; they are stored where the relation `from` has
 * its one row.
 */
export function writeDeliveries(from: string, rows: string): string {
  return `INSERT INTO webhook_deliveries (id, webhook, org_id, user_id, type, body)
     SELECT d.id, d.webhook, d.org_id, d.user_id, d.type, d.body
     FROM ${from}, json_to_recordset(${rows}::json)
       AS d (id uuid, webhook text, org_id text, user_id text, type text, body text)`;
}
