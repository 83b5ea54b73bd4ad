import { z } from 'zod';

/** `true` or `false`, also as 1 and 0. */
export const flag = z
  .enum(['true', 'false', '1', '0'], { error: 'is true or false' })
  .transform((value) => value === 'true' || value === '1');

/** A whole number within bounds. */
export const whole = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d+$/, { error: `is a whole number from ${minimum} to ${maximum}` })
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, {
      error: `is a whole number from ${minimum} to ${maximum}`,
    });

/** An upper bound, or `off`. */
export const bound = (minimum: number) =>
  z
    .string()
    .regex(/^(off|\d{1,15})$/, { error: `is a whole number from ${minimum}, or off` })
    .transform((value) => (value === 'off' ? ('off' as const) : Number(value)))
    .refine((value) => value === 'off' || value >= minimum, {
      error: `is a whole number from ${minimum}, or off`,
    });

/** An http or https address. */
export const webAddress = z.url({ protocol: /^https?$/, error: 'is an http:// or https:// address' });

/** The address of this server as others see it, perhaps with a path, and without a slash at its end. */
export const publicAddress = webAddress
  .transform((value) => value.replace(/\/+$/, ''))
  .refine((value) => isBare(new URL(value)), {
    error: 'is an address without a name, a password, `?` and `#`',
  })
  .refine((value) => value.startsWith('https:') || isThisMachine(new URL(value).hostname), {
    error: 'is an https:// address: http:// is for this machine alone',
  });

/** Whether a host, as it stands in a URL, is this machine whatever a name server says. */
export function isThisMachine(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

function isBare({ username, password, search, hash }: URL): boolean {
  return username === '' && password === '' && search === '' && hash === '';
}

/** A comma-separated list; empty items are dropped. */
export const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** `120/minute`: a number of requests per window, or `off`. */
export const rate = z
  .string()
  .regex(/^(off|[1-9]\d{0,6}\/(second|minute|hour))$/, {
    error: 'is like 120/minute (second, minute, hour), or off',
  })
  .transform((value) => {
    if (value === 'off') return 'off' as const;
    const [limit, unit] = value.split('/') as [string, keyof typeof WINDOW_MS];
    return { limit: Number(limit), windowMs: WINDOW_MS[unit] };
  });

/** Part of every error about a time: a number without a unit may have been meant as milliseconds. */
const BARE_TIME = 'a bare number is seconds';

/** `90s`, `15m`, `12h`, `7d`: a time, parsed to milliseconds; a number without a unit is seconds. */
export const duration = (minimumMs: number, maximumMs: number) =>
  z
    .string()
    .regex(/^\d{1,9}(ms|s|m|h|d)?$/, { error: `is a time such as 90s, 15m, 12h or 7d; ${BARE_TIME}` })
    .transform((value) => {
      const unit = /[a-z]+$/.exec(value)?.[0] ?? 's';
      return parseInt(value, 10) * UNIT_MS[unit as keyof typeof UNIT_MS];
    })
    .refine((value) => value >= minimumMs && value <= maximumMs, {
      error: `is from ${durationText(minimumMs)} to ${durationText(maximumMs)}; ${BARE_TIME}`,
    })
    .meta({ isDuration: true });

/** Whether a value is a {@link duration}, possibly with a default or optional. */
export function isDuration(schema: z.ZodType): boolean {
  const hasInner = schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional;
  const inner = hasInner ? (schema.unwrap() as z.ZodType) : schema;
  return inner.meta()?.['isDuration'] === true;
}

/** The time in the largest unit that divides it. */
function durationText(milliseconds: number): string {
  const [unit, size] = Object.entries(UNIT_MS).findLast(([, size]) => milliseconds % size === 0) ?? ['ms', 1];
  return milliseconds === 0 ? '0s' : `${milliseconds / size}${unit}`;
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const WINDOW_MS = { second: 1_000, minute: 60_000, hour: 3_600_000 } as const;
