import { Injectable } from '@nestjs/common';
import { newId, type Caller, type Person } from '../../kernel/index.js';
import { Database } from '../../platform/database/index.js';
import type { Approval, ApprovalStore } from '../ports/approval-store.js';
import { ADD, HAS, LIST, REMOVE, REMOVE_ALL } from './approval-statements.js';

interface ApprovalRow {
  readonly id: string;
  readonly tool: string;
  readonly definition_hash: string;
  readonly created_at: Date;
}

/** Approvals in Postgres. */
@Injectable()
export class PostgresApprovalStore implements ApprovalStore {
  constructor(private readonly database: Database) {}

  async has({ org, id }: Person, tool: string, definitionHash: string): Promise<boolean> {
    return (await this.database.query(HAS, [org, id, tool, definitionHash])).length > 0;
  }

  async add({ org, id }: Person, tool: string, definitionHash: string): Promise<void> {
    await this.database.query(ADD, [newId(), org, id, tool, definitionHash]);
  }

  async list({ org, id }: Caller): Promise<readonly Approval[]> {
    const rows = await this.database.query<ApprovalRow>(LIST, [org, id]);
    return rows.map((row) => ({
      id: row.id,
      tool: row.tool,
      definitionHash: row.definition_hash,
      createdAt: row.created_at.toISOString(),
    }));
  }

  async remove({ org, id }: Caller, approval: string): Promise<boolean> {
    return (await this.database.query(REMOVE, [org, id, approval])).length > 0;
  }

  async removeAll({ org, id }: Person): Promise<void> {
    await this.database.query(REMOVE_ALL, [org, id]);
  }
}
