import { setTimeout as pause } from 'node:timers/promises';

const TIMEOUT_MS = 45_000;
const POLL_MS = 10;

/** Waits until it has happened; what does not happen in a long time fails the test. */
export async function until(happened: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  while (!(await happened())) {
    if (Date.now() > deadline) throw new Error(`This did not happen: ${happened.toString()}`);
    await pause(POLL_MS);
  }
}
