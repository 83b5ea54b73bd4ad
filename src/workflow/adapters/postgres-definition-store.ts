import { Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { Database } from '../../platform/database/index.js';
import {
  MAX_DEFINED_NAMES,
  MAX_VERSIONS,
  type DefinitionStore,
  type Removal,
  type StoredDefinition,
} from '../ports/definition-store.js';
import { FIND, LIST, LOCK, PUBLISH, REMOVE } from './definition-statements.js';

/** The workflows of organisations in Postgres. */
@Injectable()
export class PostgresDefinitionStore implements DefinitionStore {
  constructor(private readonly database: Database) {}

  async find(org: string, name: string, version?: number): Promise<StoredDefinition | undefined> {
    const [row] = await this.database.query<StoredDefinition>(FIND, [org, name, version ?? null]);
    return row;
  }

  list(org: string): Promise<readonly StoredDefinition[]> {
    return this.database.query<StoredDefinition>(LIST, [org]);
  }

  publish({ org }: Caller, name: string, above: number, definition: unknown): Promise<number | 'full'> {
    const values = [org, name, above, JSON.stringify(definition), MAX_DEFINED_NAMES, MAX_VERSIONS];
    return this.database.transaction(async (queryable) => {
      await queryable.query(LOCK, [org]);
      const [row] = await queryable.query<{ readonly version: number }>(PUBLISH, values);
      return row?.version ?? 'full';
    });
  }

  async remove(org: string, name: string, version: number): Promise<Removal> {
    interface Row {
      readonly was_found: boolean;
      readonly is_removed: boolean;
    }
    const [row] = await this.database.query<Row>(REMOVE, [org, name, version]);
    if (row?.is_removed === true) return 'removed';
    return row?.was_found === true ? 'live' : 'missing';
  }
}
