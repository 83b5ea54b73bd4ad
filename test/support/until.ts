import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 45_000;
const LOOK_MS = 10;

/** Waits until it has happened; what does not happen in a long time fails the test. */
export async function until(happened: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await happened())) {
    if (Date.now() > deadline) throw new Error(`This did not happen: ${happened.toString()}`);
    await pause(LOOK_MS);
  }
}
