const MAX_WAIT_SECONDS = 60;

/** Whole seconds of a `Retry-After` (seconds or a date) or `retry-after-ms` header, 60 at most; `undefined` without one. */
export function retryAfterSeconds(headers: Headers | undefined, now = Date.now()): number | undefined {
  const seconds = millisecondsHeader(headers) ?? secondsHeader(headers?.get('retry-after') ?? undefined, now);
  if (seconds === undefined) return undefined;
  return Math.min(Math.max(Math.ceil(seconds), 0), MAX_WAIT_SECONDS);
}

function millisecondsHeader(headers: Headers | undefined): number | undefined {
  const value = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  return Number.isFinite(value) ? value / 1_000 : undefined;
}

function secondsHeader(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1_000;
  return Number.isFinite(seconds) ? seconds : undefined;
}
