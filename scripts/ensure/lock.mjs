import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const BEAT_MS = 2_000;
/** A holder that has not touched its lock for so long is gone. */
const STALE_MS = 20_000;
const WAIT_MS = 15 * 60_000;
const ENDING = ['SIGTERM', 'SIGHUP'];

/** Does the work while no other process does: the lock is a folder that its holder keeps touching. */
export async function underLock(path, work) {
  await take(path);
  const release = () => rmSync(path, { recursive: true, force: true });
  const beat = setInterval(() => touch(path), BEAT_MS);
  process.once('exit', release);
  // A moment later: a program that runs for us is told first.
  const onSignal = () => setImmediate(() => process.exit(143));
  for (const signal of ENDING) process.once(signal, onSignal);
  try {
    await work();
  } finally {
    clearInterval(beat);
    process.off('exit', release);
    for (const signal of ENDING) process.off(signal, onSignal);
    release();
  }
}

async function take(path) {
  const deadline = Date.now() + WAIT_MS;
  for (let told = false; ;) {
    try {
      mkdirSync(path);
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw new Error(
          `This folder cannot be written to (${error.code}). Run Threadline as the user it belongs to.`,
        );
      }
    }
    if (removeStale(path)) continue;
    if (Date.now() > deadline)
      throw new Error(`Another process has held ${path} for a quarter of an hour. Remove it if none runs.`);
    if (!told) console.log('Another process is installing or building here; waiting for it.');
    told = true;
    await sleep(500);
  }
}

function removeStale(path) {
  try {
    if (Date.now() - statSync(path).mtimeMs < STALE_MS) return false;
    // Of several that found it stale, one moves it away.
    const aside = `${path}.${randomBytes(4).toString('hex')}`;
    renameSync(path, aside);
    rmSync(aside, { recursive: true, force: true });
    return true;
  } catch (error) {
    return error.code === 'ENOENT';
  }
}

function touch(path) {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Whoever thought us dead has taken it; both doing the same work is a loss of time only.
  }
}
