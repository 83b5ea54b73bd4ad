import { setTimeout as pause } from 'node:timers/promises';
import type { Frame } from '../../stream/index.js';

/** How many frames the selftest has. */
export const SELFTEST_FRAMES = 10;
/** The time between two of them. */
export const SELFTEST_GAP_MS = 200;

/** Ten frames at fixed intervals: if they arrive differently, something between client and server buffers them. */
export async function* selftestFrames(signal: AbortSignal): AsyncGenerator<readonly Frame[], void> {
  const started = performance.now();
  for (let index = 0; index < SELFTEST_FRAMES; index += 1) {
    const wait = started + index * SELFTEST_GAP_MS - performance.now();
    if (wait > 0) await pause(wait, undefined, { signal });
    const sentAt = new Date().toISOString();
    const elapsedMs = Math.round(performance.now() - started);
    const data = { index, count: SELFTEST_FRAMES, sentAt, elapsedMs };
    yield [{ data: JSON.stringify({ type: 'selftest', data, timestamp: sentAt }) }];
  }
}
