import { Injectable } from '@nestjs/common';
import type { Person } from '../../kernel/index.js';
import { Database, sql, type Sql } from '../../platform/database/index.js';
import type { DocumentsOfUser } from '../ports/documents-of-user.js';

/** Rows a statement: few enough that nobody waits for their locks. Documents have many rows each. */
const DOCUMENTS = 10;
const ROWS = 1_000;

/** Scopes of the person ($2) alone: private ones, and all of an organisation ($1) that is nobody but them. */
const OWN = `s.org_id = $1::text AND (s.private_to = $2::text OR s.org_id = 'user:' || $2::text)`;

const REMOVE_DOCUMENTS = sql(
  'documents_of_user.remove',
  `DELETE FROM rag_documents WHERE id = ANY(ARRAY(
     SELECT d.id FROM rag_documents d JOIN rag_scopes s ON s.id = d.scope_id
     WHERE ${OWN} LIMIT $3))
   RETURNING 1 AS one`,
);

/** With the counts over their documents, which are gone. */
const REMOVE_SCOPES = sql(
  'documents_of_user.remove_scopes',
  `DELETE FROM rag_scopes s WHERE ${OWN}
     AND NOT EXISTS (SELECT FROM rag_documents WHERE scope_id = s.id)`,
);

const DISOWN_DOCUMENTS = sql(
  'documents_of_user.disown',
  `UPDATE rag_documents SET owner_id = '' WHERE id = ANY(ARRAY(
     SELECT d.id FROM rag_documents d JOIN rag_scopes s ON s.id = d.scope_id
     WHERE s.org_id = $1 AND s.private_to IS NULL AND d.owner_id = $2 LIMIT $3))
   RETURNING 1 AS one`,
);

/** Of the person's shares: with the organisation's own, where that is nobody but them. */
const SHARES = `org_id = $1::text AND (owner_id = $2::text OR $1::text = 'user:' || $2::text)`;

/** What the person has put in. */
const FORGET_USAGE = sql('documents_of_user.forget_usage', `DELETE FROM rag_usage WHERE ${SHARES}`);

/** When it was the person's turn. */
const FORGET_SERVED = sql('documents_of_user.forget_served', `DELETE FROM rag_served WHERE ${SHARES}`);

/** A user's documents, and what is counted of them. */
@Injectable()
export class PostgresDocumentsOfUser implements DocumentsOfUser {
  constructor(private readonly database: Database) {}

  async remove(person: Person): Promise<void> {
    await this.inBatches(REMOVE_DOCUMENTS, person, DOCUMENTS);
    await this.database.query(REMOVE_SCOPES, [person.org, person.id]);
  }

  async disown(person: Person): Promise<void> {
    await this.inBatches(DISOWN_DOCUMENTS, person, ROWS);
    await this.database.query(FORGET_USAGE, [person.org, person.id]);
    await this.database.query(FORGET_SERVED, [person.org, person.id]);
  }

  private async inBatches(statement: Sql, { org, id }: Person, size: number): Promise<void> {
    while ((await this.database.query(statement, [org, id, size])).length === size);
  }
}
