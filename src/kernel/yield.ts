/** Work that holds the loop for longer than this is followed by as long a time for everybody else, in milliseconds. */
const LONG_MS = 8;

const waiting: (() => void)[] = [];

/**
 * Resolves when the event loop has served whoever else is there. Long work on user text awaits this between slices of a
 * few milliseconds, and what cannot be sliced before it begins; of all that wait one goes on per turn of the loop, and
 * after a long one others have the loop for as long as it took. So any number of long works together hold others up no
 * longer than one slice does.
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
  // Made now, it runs in the loop's next turn, when the work has been done.
  setImmediate(() => {
    const took = performance.now() - began;
    if (took > LONG_MS) setTimeout(goOn, took);
    else goOn();
  });
}

function goOn(): void {
  // It stood first in line until now, so that whoever came meanwhile waits for the line.
  waiting.shift();
  if (waiting.length > 0) setImmediate(resumeNext);
}
