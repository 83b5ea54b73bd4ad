import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { run } from './run.mjs';

const STAMP = 'node_modules/.threadline-lock';

/** Whether node_modules is what package-lock.json says, installed by us or by the user's own npm ci. */
export function isInstalled(root) {
  const lock = read(join(root, 'package-lock.json'));
  if (lock === undefined)
    throw new Error('package-lock.json is missing: this is not a whole copy of the project.');
  const hidden = read(join(root, 'node_modules/.package-lock.json'));
  if (hidden === undefined) return false;
  const stamp = hash(lock);
  const found = read(join(root, STAMP))?.trim();
  if (found !== undefined) return found === stamp;
  if (!holdsAll(JSON.parse(hidden).packages, JSON.parse(lock).packages)) return false;
  stampWith(root, stamp);
  return true;
}

/** Installs every package of the lock file, whatever NODE_ENV leaves out. Throws in words. */
export async function install(root) {
  console.log('Installing the packages of package-lock.json (about a minute the first time).');
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--loglevel=error'];
  const { npm_execpath: npm } = process.env;
  const code = npm?.endsWith('.js')
    ? await run(process.execPath, [npm, ...args], { cwd: root })
    : await run('npm', args, { cwd: root, shell: process.platform === 'win32' });
  if (code !== 0) {
    throw new Error(
      `npm ci failed (exit code ${code}); its own words are above. ` +
        'Check that the npm registry can be reached and the disk is not full, then start again.',
    );
  }
  await checkRuntime(root);
  stampWith(root, hash(readFileSync(join(root, 'package-lock.json'), 'utf8')));
}

/** The environment in which `node` is the one that was installed with the packages. */
export function withInstalledNode(root) {
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name.toUpperCase() !== 'PATH'),
  );
  const path = process.env.PATH ?? process.env.Path ?? '';
  return { ...own, PATH: [join(root, 'node_modules/.bin'), dirname(process.execPath), path].join(delimiter) };
}

async function checkRuntime(root) {
  // A package carries one for every Windows that Node supports, as a script that only a shell finds.
  if (process.platform === 'win32') return;
  const check = 'process.exit(parseInt(process.versions.node)<24?1:0)';
  const code = await run('node', ['-e', check], { cwd: root, env: withInstalledNode(root) });
  if (code !== 0) {
    throw new Error(
      `Threadline runs on Node 24 or later. No package carries one for ${process.platform} on ${process.arch}, ` +
        `and the Node of this system is ${process.version}. Install Node 26, then start again.`,
    );
  }
}

/** Optional packages may be missing: most are for other platforms. */
function holdsAll(installed, wanted) {
  return Object.entries(wanted).every(([path, { version, optional, peer, link }]) => {
    if (path === '' || link) return true;
    const found = installed[path];
    return found === undefined ? Boolean(optional || peer) : found.version === version;
  });
}

function stampWith(root, stamp) {
  try {
    writeFileSync(join(root, STAMP), `${stamp}\n`);
  } catch {
    // A node_modules that we may not write to is compared anew each time.
  }
}

function hash(text) {
  return createHash('sha256').update(text).digest('hex');
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
