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

/** A server; or a credential or a grant by the name of its server. */
type Row =
  | {
      readonly kind: 'server';
      readonly id: string;
      readonly name: string;
      readonly url: string;
      readonly sealed: string | null;
      readonly client: string | null;
      readonly maySample: boolean;
    }
  | { readonly kind: 'credential'; readonly name: string; readonly sealed: string }
  | { readonly kind: 'grant'; readonly name: string; readonly id: string };

/** MCP servers and credentials in Postgres. */
@Injectable()
export class PostgresMcpServerStore implements McpServerStore {
  constructor(private readonly database: Database) {}

  add({ org }: Caller, server: StoredServer): Promise<'added' | 'taken' | 'full'> {
    const { id, name, url, sealedHeaders, maySample, sealedClient } = server;
    return this.database.transaction(async (queryable) => {
      await queryable.query(LOCK, [org]);
      if ((await queryable.query(HAS, [org, name])).length > 0) return 'taken';
      const values = [id, org, name, url, sealedHeaders, maySample, sealedClient];
      const added = await queryable.query(ADD, values);
      return added.length > 0 ? 'added' : 'full';
    });
  }

  async remove({ org }: Caller, name: string): Promise<boolean> {
    return (await this.database.query(REMOVE, [org, name])).length > 0;
  }

  async of({ org, id }: Person) {
    const rows = await this.database.query<Row>(OF, [org, id]);
    return {
      servers: rows.flatMap((row) => (row.kind === 'server' ? [serverOf(row)] : [])),
      credentials: rows.flatMap((row) =>
        row.kind === 'credential' ? [{ server: row.name, sealed: row.sealed }] : [],
      ),
      grants: rows.flatMap((row) => (row.kind === 'grant' ? [{ server: row.name, id: row.id }] : [])),
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

function serverOf(row: Row & { readonly kind: 'server' }): StoredServer {
  const { id, name, url, sealed, client, maySample } = row;
  return { id, name, url, sealedHeaders: sealed ?? undefined, sealedClient: client ?? undefined, maySample };
}
