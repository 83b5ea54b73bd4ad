/** Work that blocks the event loop for longer than this, in milliseconds, is followed by a pause of the same length. */
const LONG_MS = 8;

const waiting: (() => void)[] = [];

/**
 * Resolves when the event loop has served other work. Long work on user text awaits this between slices of a few
 * milliseconds, and before any part that cannot be sliced. One of the waiting callers resumes per turn of the loop, and
 * after a long slice the others wait as long as it took. So any number of long tasks together block the loop no longer
 * than one slice does.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(resumeNext);
  });
}

function resumeNext(): void {
  const began = performance.now();
  waiting[0]?.();
  // Scheduled now, it runs in the loop's next turn, after the work.
  setImmediate(() => {
    const took = performance.now() - began;
    if (took > LONG_MS) setTimeout(goOn, took);
    else goOn();
  });
}

function goOn(): void {
  // It stays at the head of the queue until now, so that callers who arrive meanwhile wait behind it.
  waiting.shift();
  if (waiting.length > 0) setImmediate(resumeNext);
}
