import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { parentOf } from './proc.ts';

/** A session on the server's database, and the server's own process when it runs on this machine. */
export interface BenchDatabase {
  readonly client: pg.Client;
  /** `undefined`: elsewhere, so what it costs cannot be seen. */
  readonly postmaster: number | undefined;
}

/** The connection string of the embedded database that runs over this folder; `postgres` may make others beside it. */
export function embeddedUrl(dataDir: string, user: 'threadline' | 'postgres' = 'threadline'): string {
  const lines = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
  const [port = '5432', socketDirectory = ''] = [lines[3], lines[4]];
  return `postgresql://${user}@localhost/threadline?host=${encodeURIComponent(socketDirectory)}&port=${port}&sslmode=disable`;
}

export async function openDatabase(connectionString: string): Promise<BenchDatabase> {
  const client = new pg.Client({ connectionString });
  // A session that ends with its server is no news.
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const parent = parentOf(rows[0]?.pid ?? 0);
  return { client, postmaster: parent?.name.startsWith('postgres') ? parent.pid : undefined };
}

let made = 0;

/** Makes a database of the bench's own on somebody's server; the second value drops it again. */
export async function makeDatabase(server: string): Promise<readonly [string, () => Promise<void>]> {
  made += 1;
  const name = `threadline_bench_${process.pid}_${made}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return [url.href, () => onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)];
}

/** Where a connection string leads to: a host and its port, or a socket's path. */
export function placeOf(connectionString: string): { readonly host: string; readonly port: number } | string {
  const { host, port } = new pg.Client({ connectionString });
  return host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : { host, port };
}

/** The same database by way of a local port that hands everything on. */
export function byWayOf(port: number, connectionString: string): string {
  const url = new URL(connectionString);
  url.host = `127.0.0.1:${port}`;
  url.search = '';
  return url.href;
}

async function onServer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
