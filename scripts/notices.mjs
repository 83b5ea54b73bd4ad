#!/usr/bin/env node
// Writes THIRD-PARTY-NOTICES.md from package-lock.json: every package that ships with the server, and its licence.
// Ends with an error where a licence is none of those we may ship.
import { readFileSync, writeFileSync } from 'node:fs';
import { licenceProblems, noticesOf, shippedPackages } from './check/notices.mjs';

const inRoot = (name) => new URL(`../${name}`, import.meta.url);
const json = (name) => JSON.parse(readFileSync(inRoot(name), 'utf8'));

const packages = shippedPackages(json('package-lock.json'), (path) => json(`${path}/package.json`));
const problems = licenceProblems(packages);
for (const problem of problems) console.error(problem);
if (problems.length === 0) writeFileSync(inRoot('THIRD-PARTY-NOTICES.md'), noticesOf(packages));
process.exitCode = problems.length === 0 ? 0 : 1;
