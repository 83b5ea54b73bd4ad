import { median, quantile, show } from '../rig/numbers.ts';
import type { Effort, Result, Row } from '../rig/result.ts';
import type { Rig } from '../rig/rig.ts';
import { block, type Try } from './first-token.ts';
import { measureTokensOf } from './tokens.ts';

/*
 * What the provider layer costs by itself: `/v1/chat/completions`, which stores nothing but the bill, against a raw pipe and
 * against asking the provider directly, all in one run.
 */

const NAMES = ['direct', 'pipe', 'gateway'] as const;
type Tries = Record<(typeof NAMES)[number], Try[]>;

export async function measureProviders(rig: Rig, effort: Effort): Promise<Result> {
  const tokens = await measureTokensOf('gateway', 'Provider layer (`/v1`): ', rig, effort);
  const tries: Tries = { direct: [], pipe: [], gateway: [] };
  // The first block warms all of them up and is forgotten.
  for (let round = 0; round <= (effort.isQuick ? 1 : 6); round += 1) {
    for (const name of NAMES) {
      const found = await block(rig, await rig.subject(name));
      if (round > 0) tries[name].push(...found);
    }
  }
  return {
    rows: [...tokens.rows, firstTokenRow(tries)],
    details: { tokens: tokens.details, firstToken: tries },
    notes: tokens.notes,
  };
}

/** Beyond a direct call to the same provider. */
function firstTokenRow(tries: Tries): Row {
  const of = (name: keyof Tries, share: number) =>
    quantile(
      tries[name].map(({ added }) => added),
      share,
    );
  const beyond = (name: keyof Tries, share: number) => of(name, share) - of('direct', share);
  const line = (name: keyof Tries) => `${show(beyond(name, 0.5))} ms (p95 ${show(beyond(name, 0.95))})`;
  const difference = median(tries.gateway.map(({ added }) => added)) - of('pipe', 0.5);
  return {
    measure: 'Provider layer (`/v1`): time to first token added to a direct call, one client',
    threadline: line('gateway'),
    pipe: line('pipe'),
    compared: `+ ${show(difference)} ms to the pipe`,
  };
}
