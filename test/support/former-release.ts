import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The last commit before the turns of a thread formed a tree: a release like it runs beside this one during an upgrade. */
const COMMIT = 'd37b439c63b15cb98b0f22ae60a6a5b11b63aa61';

/** What the build takes; the packages are this release's, which has all that one asks for. */
const TAKEN = [
  'src',
  'migrations',
  'package.json',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  '.swcrc',
];

const ROOT = process.cwd();
/** Below node_modules, where its imports find the packages. */
const CACHE = join(ROOT, 'node_modules', '.cache', 'former-release');
const NEST = join(ROOT, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');

/** Whether this clone has the commit: one without its history has not, and neither has an unpacked archive. */
export function hasFormerRelease(): boolean {
  const found = spawnSync('git', ['cat-file', '-e', `${COMMIT}^{commit}`], { cwd: ROOT, stdio: 'ignore' });
  return found.status === 0;
}

/** The built `main.js` of the former release; built once for as long as these packages are installed. */
export function formerRelease(): string {
  const folder = join(CACHE, COMMIT);
  if (!existsSync(folder)) build(folder);
  return join(folder, 'dist', 'src', 'main.js');
}

/** Under a name of its own, so that what is there by the right one is whole. */
function build(folder: string): void {
  const unfinished = `${folder}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  try {
    const archive = execFileSync('git', ['archive', COMMIT, ...TAKEN], { cwd: ROOT, maxBuffer: 64 << 20 });
    execFileSync('tar', ['-x'], { cwd: unfinished, input: archive });
    execFileSync(process.execPath, [NEST, 'build'], { cwd: unfinished, stdio: 'pipe' });
    renameSync(unfinished, folder);
  } catch (error) {
    // Another run may have been there first.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
