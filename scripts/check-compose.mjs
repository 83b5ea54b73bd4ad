#!/usr/bin/env node
// Holds docker-compose.yml and .env.example to the server's own list of variables. With --write it writes
// .env.example anew. Reads the list from the build.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ENVIRONMENT_VARIABLES, loadConfig } from '../dist/src/platform/config/index.js';
import { composeProblems } from './check/compose.mjs';
import { envExample, envExampleProblems } from './check/env-example.mjs';

const inRoot = (name) => new URL(`../${name}`, import.meta.url);
const read = (name) => (existsSync(inRoot(name)) ? readFileSync(inRoot(name), 'utf8') : '');

const defaults = loadConfig({ JWT_SECRET: 'only to see what the others are'.padEnd(32, '.') });
const example = envExample(ENVIRONMENT_VARIABLES, { ...defaults, JWT_SECRET: undefined });
if (process.argv.includes('--write')) writeFileSync(inRoot('.env.example'), example);

const names = ENVIRONMENT_VARIABLES.map(({ name }) => name);
const problems = [
  ...composeProblems(parse(read('docker-compose.yml'), { merge: true }), names),
  ...envExampleProblems(read('.env.example'), example, names),
];
for (const problem of problems) console.error(problem);
if (problems.length === 0)
  console.log(`docker-compose.yml and .env.example agree with ${names.length} variables.`);
process.exitCode = problems.length === 0 ? 0 : 1;
