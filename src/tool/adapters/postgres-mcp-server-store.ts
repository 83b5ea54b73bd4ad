import { Injectable } from '@nestjs/common';
import type { Caller, Person } from '../../kernel/index.js';
import { Database } from '../../platform/database/index.js';
import type { McpServerStore, StoredServer } from '../ports/mcp-server-store.js';
import {
  ADD,
  HAS,
  LOCK,
  OF,
  PUT_CREDENTIAL,
  REMOVE,
  REMOVE_ALL,
  REMOVE_CREDENTIAL,
} from './mcp-server-statements.js';

/** A server, or a credential where it has no id. */
interface Row {
  readonly id: string | null;
  readonly name: string;
  readonly url: string | null;
  readonly sealed: string | null;
  readonly maySample: boolean | null;
}

/** MCP servers and credentials in Postgres. */
@Injectable()
export class PostgresMcpServerStore implements McpServerStore {
  constructor(private readonly database: Database) {}

  add({ org }: Caller, server: StoredServer): Promise<'added' | 'taken' | 'full'> {
    const { id, name, url, sealedHeaders, maySample } = server;
    return this.database.transaction(async (queryable) => {
      await queryable.query(LOCK, [org]);
      if ((await queryable.query(HAS, [org, name])).length > 0) return 'taken';
      const added = await queryable.query(ADD, [id, org, name, url, sealedHeaders, maySample]);
      return added.length > 0 ? 'added' : 'full';
    });
  }

  async remove({ org }: Caller, name: string): Promise<boolean> {
    return (await this.database.query(REMOVE, [org, name])).length > 0;
  }

  async of({ org, id }: Person) {
    const rows = await this.database.query<Row>(OF, [org, id]);
    return {
      servers: rows.flatMap(({ id: serverId, name, url, sealed, maySample }) =>
        serverId === null || url === null
          ? []
          : [{ id: serverId, name, url, sealedHeaders: sealed ?? undefined, maySample: maySample ?? false }],
      ),
      credentials: rows.flatMap((row) =>
        row.id === null && row.sealed !== null ? [{ server: row.name, sealed: row.sealed }] : [],
      ),
    };
  }

  async putCredential({ org, id }: Person, server: string, sealed: string): Promise<void> {
    await this.database.query(PUT_CREDENTIAL, [org, id, server, sealed]);
  }

  async removeCredential({ org, id }: Person, server: string): Promise<boolean> {
    return (await this.database.query(REMOVE_CREDENTIAL, [org, id, server])).length > 0;
  }

  async removeAll({ org, id }: Person): Promise<void> {
    await this.database.query(REMOVE_ALL, [org, id]);
  }
}
