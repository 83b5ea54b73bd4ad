import { Injectable } from '@nestjs/common';
import { Database, sql, type Sql } from '../../platform/database/index.js';
import type { Person, UserTraces } from '../ports/user-traces.js';

/** Rows a statement: few enough that nobody waits for their locks. Documents have many rows each. */
const DOCUMENTS = 10;
const ROWS = 1_000;

/** Scopes of the person ($2) alone: private ones, and all of an organisation ($1) that is nobody but them. */
const OWN = `s.org_id = $1::text AND (s.private_to = $2::text OR s.org_id = 'user:' || $2::text)`;

const REMOVE_DOCUMENTS = sql(
  'erasure.remove_documents',
  `DELETE FROM rag_documents WHERE id = ANY(ARRAY(
     SELECT d.id FROM rag_documents d JOIN rag_scopes s ON s.id = d.scope_id
     WHERE ${OWN} LIMIT $3))
   RETURNING 1 AS one`,
);

/** With the counts over their documents, which are gone. */
const REMOVE_SCOPES = sql(
  'erasure.remove_scopes',
  `DELETE FROM rag_scopes s WHERE ${OWN}
     AND NOT EXISTS (SELECT FROM rag_documents WHERE scope_id = s.id)`,
);

const DISOWN_DOCUMENTS = sql(
  'erasure.disown_documents',
  `UPDATE rag_documents SET owner_id = '' WHERE id = ANY(ARRAY(
     SELECT d.id FROM rag_documents d JOIN rag_scopes s ON s.id = d.scope_id
     WHERE s.org_id = $1 AND s.private_to IS NULL AND d.owner_id = $2 LIMIT $3))
   RETURNING 1 AS one`,
);

/** What the person has put in, and when it was their turn: with the organisation's own, where that is nobody but them. */
const FORGET_SHARES = ['rag_usage', 'rag_served'].map((table) =>
  sql(
    `erasure.forget_${table}`,
    `DELETE FROM ${table} WHERE org_id = $1::text AND (owner_id = $2::text OR $1::text = 'user:' || $2::text)`,
  ),
);

/** Amounts and times stay. The organisation of somebody without one is named after them. */
const ANONYMISE_LEDGER = sql(
  'erasure.anonymise_ledger',
  `UPDATE llm_attempts SET user_id = '', thread_id = NULL,
     org_id = CASE WHEN org_id = 'user:' || user_id THEN '' ELSE org_id END
   WHERE id = ANY(ARRAY(SELECT id FROM llm_attempts WHERE org_id = $1 AND user_id = $2 LIMIT $3))
   RETURNING 1 AS one`,
);

const REMOVE_TICKETS = sql(
  'erasure.remove_tickets',
  'DELETE FROM stream_tickets WHERE org_id = $1 AND user_id = $2',
);

const BEING_BILLED = sql(
  'erasure.being_billed',
  'SELECT 1 AS one FROM llm_attempts_under_way WHERE org_id = $1 AND user_id = $2 LIMIT 1',
);

@Injectable()
export class PostgresUserTraces implements UserTraces {
  constructor(private readonly database: Database) {}

  async removeDocuments(person: Person): Promise<void> {
    await this.inBatches(REMOVE_DOCUMENTS, person, DOCUMENTS);
    await this.database.query(REMOVE_SCOPES, [person.org, person.id]);
  }

  async anonymise(person: Person): Promise<void> {
    await this.inBatches(DISOWN_DOCUMENTS, person, ROWS);
    for (const statement of FORGET_SHARES) await this.database.query(statement, [person.org, person.id]);
    await this.inBatches(ANONYMISE_LEDGER, person, ROWS);
  }

  async removeTickets({ org, id }: Person): Promise<void> {
    await this.database.query(REMOVE_TICKETS, [org, id]);
  }

  async isBeingBilled({ org, id }: Person): Promise<boolean> {
    return (await this.database.query(BEING_BILLED, [org, id])).length > 0;
  }

  private async inBatches(statement: Sql, { org, id }: Person, size: number): Promise<void> {
    while ((await this.database.query(statement, [org, id, size])).length === size);
  }
}
