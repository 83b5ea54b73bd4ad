#!/usr/bin/env node
// Makes a bare clone ready: installs what package-lock.json says unless it is installed, and with --build compiles
// src/ unless dist/ is up to date. Runs before npm start and npm test, on Node 20 or later, from built-ins alone.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, isBuilt } from './ensure/build.mjs';
import { install, isInstalled } from './ensure/install.mjs';
import { underLock } from './ensure/lock.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const wantsBuild = process.argv.includes('--build');

try {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new Error(
      `Threadline is installed with Node 20 or later; this is ${process.version}. Install a newer Node.`,
    );
  }
  if (!isReady()) await underLock(join(root, '.ensure.lock'), makeReady);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function isReady() {
  return isInstalled(root) && (!wantsBuild || isBuilt(root));
}

/** Looks again first: another process may have done the work while this one waited. */
async function makeReady() {
  if (!isInstalled(root)) await install(root);
  if (wantsBuild && !isBuilt(root)) await build(root);
}
