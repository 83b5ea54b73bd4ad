import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Installs a package of tests' own, unless the file is there that it is for: beside its place, and then put there whole, since several
 * specs need it and may begin at one moment. Throws where it cannot be had.
 */
export async function installPackage(folder: string, file: string): Promise<void> {
  if (existsSync(file)) return;
  const beside = await mkdtemp(join(folder, '.install-'));
  try {
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      await copyFile(join(folder, name), join(beside, name)).catch(() => undefined);
    await run('npm', ['ci', '--no-audit', '--loglevel=error'], { cwd: beside });
    // Where another was faster, its installation stays.
    await rename(join(beside, 'node_modules'), join(folder, 'node_modules')).catch((error: unknown) => {
      if (!existsSync(file)) throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}
