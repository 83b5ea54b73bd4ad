import { Injectable } from '@nestjs/common';
import type { Person } from '../../kernel/index.js';
import { Database, type Sql } from '../../platform/database/index.js';
import type { DocumentsOfUser } from '../ports/documents-of-user.js';
import * as statements from './documents-of-user-statements.js';

/** Rows per statement: few enough to hold their locks for moments only. A document has many dependent rows. */
const DOCUMENTS = 10;
const ROWS = 1_000;

/** A user's documents, and the sums over them. */
@Injectable()
export class PostgresDocumentsOfUser implements DocumentsOfUser {
  constructor(private readonly database: Database) {}

  async remove(person: Person): Promise<void> {
    await this.inBatches(statements.REMOVE, person, DOCUMENTS);
    await this.database.query(statements.REMOVE_SCOPES, [person.org, person.id]);
  }

  async disown(person: Person): Promise<void> {
    await this.inBatches(statements.DISOWN, person, ROWS);
    await this.database.query(statements.FORGET_USAGE, [person.org, person.id]);
    await this.database.query(statements.FORGET_SERVED, [person.org, person.id]);
  }

  private async inBatches(statement: Sql, { org, id }: Person, size: number): Promise<void> {
    while ((await this.database.query(statement, [org, id, size])).length === size);
  }
}
