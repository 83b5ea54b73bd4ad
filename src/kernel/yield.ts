const waiting: (() => void)[] = [];

/**
 * Resolves when the event loop has served whoever else is there. Long work on user text awaits this between slices of a
 * few milliseconds; of all that wait one goes on per turn of the loop, so that any number of long works together hold
 * others up no longer than one slice does.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(resumeNext);
  });
}

function resumeNext(): void {
  waiting.shift()?.();
  // Made now, it runs in the loop's next turn, after its input and output.
  if (waiting.length > 0) setImmediate(resumeNext);
}
