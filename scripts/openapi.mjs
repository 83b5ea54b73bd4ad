#!/usr/bin/env node
// Writes docs/openapi.json from the routes of the built server. Needs no database: nothing is instantiated.
import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../dist/src/app.module.js';
import { loadConfig, VERSION } from '../dist/src/platform/config/index.js';
import { buildOpenApi, createAdapter } from '../dist/src/platform/http/index.js';

const config = loadConfig({ DATABASE_URL: 'postgresql://localhost/none', LOG_LEVEL: 'silent' });
const module = AppModule.with({ config, connectionString: config.DATABASE_URL, alone: false });
const app = await NestFactory.create(module, createAdapter(config), {
  preview: true,
  logger: false,
  abortOnError: false,
});
const document = buildOpenApi(app, VERSION);
await writeFile(new URL('../docs/openapi.json', import.meta.url), `${JSON.stringify(document, null, 2)}\n`);
process.exit(0);
