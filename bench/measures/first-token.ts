import { median, quantile, show } from '../rig/numbers.ts';
import type { Effort, Result } from '../rig/result.ts';
import type { Rig } from '../rig/rig.ts';
import type { Plan } from '../rig/stand-in.ts';
import type { Subject } from '../rig/subject.ts';

/* What the server adds to the time to the first token: one client, one request at a time. */

const plan: Plan = { tokens: 3, gapMs: 2, delayMs: 10, record: true };
const BLOCK = 50;
const NAMES = ['pipe', 'naive', 'threadline'] as const;

export interface Try {
  /** Client to first token, less what the provider itself took. All in milliseconds. */
  readonly added: number;
  /** From the client's request to the provider's receiving it: storing the message is in here. */
  readonly inward: number;
  /** From the provider's first token to the client's receiving it. */
  readonly outward: number;
}

export async function measureFirstToken(rig: Rig, { isQuick }: Effort): Promise<Result> {
  const tries: Tries = { pipe: [], naive: [], threadline: [] };
  const blocks = isQuick ? 1 : 6;
  // The first block warms all of them up and is forgotten.
  for (let round = 0; round <= blocks; round += 1) {
    for (const name of NAMES) {
      const found = await block(rig, await rig.subject(name));
      if (round > 0) tries[name].push(...found);
    }
  }
  return report(tries);
}

/** One block of requests, each with what it took beyond the provider's own time. */
export async function block(rig: Rig, subject: Subject): Promise<Try[]> {
  const shape = { requests: BLOCK, lanes: 1, counts: true, record: true };
  const job = await rig.streamJob(subject, plan, shape);
  const timings = await rig.profiled(subject, async () => {
    await rig.load.ask('start', job);
    return rig.load.ask('finish');
  });
  await rig.counters();
  const moments = await rig.standIn.ask('moments');
  if (moments.length !== timings.length) throw new Error('the provider was not asked once for each request');
  return timings.map(({ sentAt, firstTokenAt = NaN }, index) => {
    const { receivedAt, firstTokenAt: leftAt } = moments[index]!;
    return {
      added: firstTokenAt - sentAt - (leftAt - receivedAt),
      inward: receivedAt - sentAt,
      outward: firstTokenAt - leftAt,
    };
  });
}

type Tries = Record<(typeof NAMES)[number], Try[]>;

function report(tries: Readonly<Tries>): Result {
  const of = (name: keyof Tries, part: keyof Try, share: number) =>
    quantile(
      tries[name].map((each) => each[part]),
      share,
    );
  const line = (name: keyof Tries) =>
    `${show(of(name, 'added', 0.5))} ms (p95 ${show(of(name, 'added', 0.95))})`;
  const parts = (name: keyof Tries) => ({
    added: { p50: of(name, 'added', 0.5), p95: of(name, 'added', 0.95) },
    inward: { p50: of(name, 'inward', 0.5), p95: of(name, 'inward', 0.95) },
    outward: { p50: of(name, 'outward', 0.5), p95: of(name, 'outward', 0.95) },
  });
  const difference = median(tries.threadline.map(({ added }) => added)) - of('pipe', 'added', 0.5);
  return {
    rows: [
      {
        measure: 'Time to first token added, one client',
        threadline: line('threadline'),
        pipe: line('pipe'),
        naive: line('naive'),
        compared: `+ ${show(difference)} ms to the pipe`,
      },
    ],
    details: {
      tries: tries.pipe.length,
      pipe: parts('pipe'),
      naive: parts('naive'),
      threadline: parts('threadline'),
    },
    notes: [
      `Of the time added, ${show(of('threadline', 'inward', 0.5))} ms pass before the provider is asked (the message is stored in them) and ${show(of('threadline', 'outward', 0.5))} ms between its first token and the client (that piece is stored in them).`,
    ],
  };
}
