import { setTimeout as sleep } from 'node:timers/promises';
import { show } from '../rig/numbers.ts';
import type { Effort, Result } from '../rig/result.ts';
import type { Rig } from '../rig/rig.ts';
import { disturbed, inTurns, middle, type Round } from '../rig/rounds.ts';
import type { Plan } from '../rig/stand-in.ts';
import type { Subject } from '../rig/subject.ts';
import { together, type Window } from '../rig/window.ts';

/* Requests per processor second, of the shortest kind: five tokens, in one piece. */

const plan: Plan = { tokens: 5, gapMs: null, delayMs: 0 };
const LANES = 32;
const NAMES = ['pipe', 'naive', 'gateway'] as const;
type Rounds = readonly Round<(typeof NAMES)[number]>[];

export async function measureShort(rig: Rig, { isQuick }: Effort): Promise<Result> {
  const rounds = await inTurns(rig, NAMES, { wanted: isQuick ? 1 : 3, spare: 1 }, (subject) =>
    shortRequests(rig, subject, isQuick ? 1_000 : 4_000),
  );
  return { ...report(rounds), details: { lanes: LANES, tokensPerAnswer: plan.tokens, rounds } };
}

async function shortRequests(rig: Rig, subject: Subject, milliseconds: number): Promise<Window> {
  const job = await rig.wholeJob(subject, plan, { requests: 10_000_000, lanes: LANES, counts: true });
  await rig.load.ask('start', job);
  await sleep(1_000);
  const window = await rig.window(subject, milliseconds);
  await rig.load.ask('drain');
  await rig.counters();
  return window;
}

const alone = ({ answers, processorSeconds }: Window) => answers / processorSeconds;
const withDatabase = (window: Window) => window.answers / together(window);

function report(rounds: Rounds): Pick<Result, 'rows' | 'notes'> {
  const of = (value: (round: Rounds[number]) => number) => show(middle(rounds, value));
  const row = {
    measure: `Short requests per CPU second, five tokens in one piece, ${LANES} clients, \`/v1\``,
    threadline: `${of(({ gateway }) => withDatabase(gateway))} (server alone ${of(({ gateway }) => alone(gateway))})`,
    pipe: of(({ pipe }) => alone(pipe)),
    naive: of(({ naive }) => alone(naive)),
    compared:
      `${of(({ gateway, pipe }) => withDatabase(gateway) / alone(pipe))} × pipe, ` +
      `${of(({ gateway, naive }) => withDatabase(gateway) / alone(naive))} × naive; ` +
      `server alone ${of(({ gateway, pipe }) => alone(gateway) / alone(pipe))} × pipe`,
  };
  const busy = NAMES.map(
    (name) => `${name} ${Math.round(middle(rounds, (round) => round[name].busy) * 100)} %`,
  );
  return {
    rows: [row],
    notes: [`Cores during short requests: ${busy.join(', ')} busy.`, ...disturbed('short requests', rounds)],
  };
}
