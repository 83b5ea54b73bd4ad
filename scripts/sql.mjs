#!/usr/bin/env node
// Writes docs/sql/: what each room says to Postgres, composed and laid out for reading, and the plans of the statements
// that are asked most. Puts the built server together over an embedded Postgres of its own, and starts nothing.
import 'reflect-metadata';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { SCHEMA } from '../dist/migrations/index.js';
import { AppModule } from '../dist/src/app.module.js';
import { loadConfig } from '../dist/src/platform/config/index.js';
import { startEmbeddedPostgres } from '../dist/src/platform/database/embedded/index.js';
import { migrate, namedStatements } from '../dist/src/platform/database/index.js';
import { createAdapter } from '../dist/src/platform/http/index.js';
import { plansOf } from './sql/plans.mjs';
import { filesOf } from './sql/files.mjs';

const folder = new URL('../docs/sql/', import.meta.url);
const home = await mkdtemp(join(tmpdir(), 'threadline-sql-'));
// Started as root, the server runs as somebody else.
await chmod(home, 0o711);
const database = await startEmbeddedPostgres({ dataDir: join(home, 'data'), durable: false });
try {
  await migrate(database.connectionString, SCHEMA);
  const statements = await statementsOver(database.connectionString);
  const plans = await explained(statements, database.connectionString);
  const files = filesOf(statements, plans);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(new URL(name, folder), text);
} finally {
  await database.stop();
  await rm(dirname(database.location), { recursive: true, force: true });
  await rm(home, { recursive: true, force: true });
}
process.exit(0);

/** Every statement there is: some are made by the classes that run them. */
async function statementsOver(connectionString) {
  const config = loadConfig({ DATABASE_URL: connectionString, LOG_LEVEL: 'silent' });
  const module = AppModule.with({ config, connectionString, alone: false });
  const app = await NestFactory.create(module, createAdapter(config), { logger: false, abortOnError: false });
  await app.close();
  return namedStatements();
}

async function explained(statements, connectionString) {
  const client = new pg.Client(connectionString);
  await client.connect();
  try {
    return await plansOf(statements, client);
  } finally {
    await client.end();
  }
}
