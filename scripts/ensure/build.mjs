import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withInstalledNode } from './install.mjs';
import { run } from './run.mjs';

const STAMP = 'dist/.stamp';
const MAIN = 'dist/src/main.js';
const FOLDERS = ['src', 'migrations'];
const FILES = ['package-lock.json', 'nest-cli.json', '.swcrc', 'tsconfig.json', 'tsconfig.build.json'];

/** Whether dist/ was built from exactly the files that are here. */
export function isBuilt(root) {
  const stamp = join(root, STAMP);
  return (
    existsSync(join(root, MAIN)) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8').trim() === sourceHash(root)
  );
}

/** Compiles with the project's own Node. Throws in words. */
export async function build(root) {
  console.log('Building.');
  // Taken first: a file that is changed during the build is built again the next time.
  const stamp = sourceHash(root);
  const code = await run('node', ['node_modules/@nestjs/cli/bin/nest.js', 'build'], {
    cwd: root,
    env: withInstalledNode(root),
    shell: process.platform === 'win32',
  });
  if (code !== 0 || !existsSync(join(root, MAIN))) {
    throw new Error(
      `The build failed (exit code ${code}); the compiler's own words are above. Mend that, then start again.`,
    );
  }
  writeFileSync(join(root, STAMP), `${stamp}\n`);
}

/** One number for the text of everything that the build reads. Specs are not built. */
function sourceHash(root) {
  const hash = createHash('sha256');
  const files = FOLDERS.flatMap((folder) => filesUnder(root, folder));
  for (const file of [...files.sort(), ...FILES]) {
    const path = join(root, file);
    hash
      .update(`${file}\0`)
      .update(existsSync(path) ? readFileSync(path) : '')
      .update('\0');
  }
  return hash.digest('hex');
}

function filesUnder(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesUnder(root, path);
    return entry.name.endsWith('.spec.ts') ? [] : [path];
  });
}
