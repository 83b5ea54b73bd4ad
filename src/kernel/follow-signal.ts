/**
 * Aborts the controller when the signal does, for the same reason. Returns what ends that. Cheaper than
 * `AbortSignal.any`, whose signal looks at all of its sources whenever it is looked at.
 */
export function followSignal(signal: AbortSignal, controller: AbortController): () => void {
  const onAbort = () => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return () => signal.removeEventListener('abort', onAbort);
}
