import { setTimeout as sleep } from 'node:timers/promises';
import type { Gaps } from '../rig/gap-histogram.ts';
import { show } from '../rig/numbers.ts';
import type { Effort, Result, Row } from '../rig/result.ts';
import type { Rig } from '../rig/rig.ts';
import { disturbed, inTurns, middle, type Round } from '../rig/rounds.ts';
import type { Subject } from '../rig/subject.ts';
import { together, type Window } from '../rig/window.ts';

/* Processor time of a token that comes alone: many streams, each with a token now and then, as real traffic has them. */

/** So many streams with so many tokens a second each. */
interface Load {
  readonly streams: number;
  readonly perSecond: number;
}

const LOADS: readonly Load[] = [
  { streams: 1_000, perSecond: 4 },
  { streams: 200, perSecond: 50 },
];
const QUICK_LOADS: readonly Load[] = [
  { streams: 200, perSecond: 4 },
  { streams: 40, perSecond: 50 },
];
const NAMES = ['pipe', 'naive', 'gateway', 'threadline'] as const;
const MEASURED = [
  ['threadline', 'a stored turn'],
  ['gateway', '`/v1`'],
] as const;

const STARTS_PER_SECOND = 500;
const START_LIMIT_MS = 60_000;
/** Beginnings are over by then. */
const SETTLE_MS = 1_000;
/** More tokens than anybody waits for: the provider is told when to end. */
const ENDLESS = 1_000_000;
/** Of a core, or of the tokens sent: beyond it a server does not keep up. */
const FULL = 0.97;
/** What a token may be late by through the pipe. */
const LATE_MS = 50;

interface LoneWindow extends Window {
  readonly gaps: Gaps;
}
type Rounds = readonly Round<(typeof NAMES)[number], LoneWindow>[];

export async function measureLone(rig: Rig, { isQuick }: Effort): Promise<Result> {
  const loads = isQuick ? QUICK_LOADS : LOADS;
  const found: Rounds[] = [];
  for (const load of loads) {
    found.push(
      await inTurns(rig, NAMES, { wanted: isQuick ? 1 : 3, spare: 1 }, (subject) =>
        steady(rig, subject, load, isQuick ? 1_000 : 4_000),
      ),
    );
  }
  return {
    rows: loads.flatMap((load, index) =>
      MEASURED.map(([name, words]) => rowOf(load, name, words, found[index]!)),
    ),
    details: loads.map((load, index) => ({ ...load, rounds: found[index] })),
    notes: loads.flatMap((load, index) => [
      ...NAMES.flatMap((name) => overloaded(load, name, found[index]!)),
      ...lateWithoutServer(load, found[index]!),
      ...disturbed(titleOf(load), found[index]!),
    ]),
  };
}

/** A window in which all streams are under way, and none begins or ends. */
async function steady(rig: Rig, subject: Subject, load: Load, milliseconds: number): Promise<LoneWindow> {
  const { streams, perSecond } = load;
  const plan = { tokens: ENDLESS, gapMs: 1_000 / perSecond, delayMs: 0 };
  const shape = { requests: streams, lanes: streams, counts: true, openEnded: true, gaps: true };
  const rampMs = (streams / STARTS_PER_SECOND) * 1_000;
  await rig.load.ask('start', await rig.streamJob(subject, plan, { ...shape, rampMs }));
  const deadline = Date.now() + START_LIMIT_MS;
  while ((await rig.counters()).begun < streams) {
    if (Date.now() > deadline) throw new Error(`not all of ${streams} streams began`);
    await sleep(100);
  }
  await sleep(SETTLE_MS);
  await rig.load.ask('takeGaps');
  const window = await rig.window(subject, milliseconds, titleOf(load));
  const gaps = await rig.load.ask('takeGaps');
  await rig.standIn.ask('endAll');
  await rig.load.ask('drain');
  const { answers } = await rig.counters();
  if (answers !== streams || gaps === undefined) throw new Error(`${answers} answers of ${streams}`);
  await sleep(500);
  return { ...window, gaps };
}

const micros = (seconds: number, { tokens }: Window) => (seconds * 1e6) / tokens;
const alone = (window: Window) => micros(window.processorSeconds, window);
const whole = (window: Window) => micros(together(window), window);
const ofDatabase = (window: Window) => whole(window) - alone(window);

function rowOf(load: Load, name: 'threadline' | 'gateway', words: string, rounds: Rounds): Row {
  const of = (which: (typeof NAMES)[number], value: (window: LoneWindow) => number) =>
    show(middle(rounds, (round) => value(round[which])));
  const ratio = (value: (window: Window) => number, to: 'pipe' | 'naive') =>
    show(middle(rounds, (round) => value(round[name]) / alone(round[to])));
  const late = (which: (typeof NAMES)[number]) => of(which, ({ gaps }) => gaps.p99);
  return {
    measure: `CPU of a token, ${titleOf(load)}, ${words}`,
    threadline: `${of(name, whole)} µs (server ${of(name, alone)} + Postgres ${of(name, ofDatabase)})`,
    pipe: `${of('pipe', alone)} µs`,
    naive: `${of('naive', alone)} µs`,
    compared:
      `${ratio(whole, 'pipe')} × pipe, ${ratio(whole, 'naive')} × naive; server alone ${ratio(alone, 'pipe')} × pipe; ` +
      `gaps p99 ${late(name)} ms, pipe ${late('pipe')} ms`,
  };
}

/** Tokens that wait come in heaps, and heaps are cheap: such a number is said to be one. */
function overloaded(load: Load, name: (typeof NAMES)[number], rounds: Rounds): string[] {
  const { streams, perSecond } = load;
  const busy = middle(rounds, (round) => round[name].busy);
  const share = middle(rounds, (round) => round[name].tokens / round[name].seconds / (streams * perSecond));
  if (busy < FULL && share >= FULL) return [];
  return [
    `Core of ${name} with ${titleOf(load)}: ${percent(busy)} busy, ${percent(share)} of the tokens in time. ` +
      'Tokens that wait come in heaps, which are cheaper.',
  ];
}

/** The pipe holds nothing back: what comes late through it was late before. */
function lateWithoutServer(load: Load, rounds: Rounds): string[] {
  const late = middle(rounds, ({ pipe }) => pipe.gaps.p99);
  if (late <= 1_000 / load.perSecond + LATE_MS) return [];
  return [
    `**With ${titleOf(load)}, tokens were late through the pipe too** (gaps p99 ${late} ms): the rest of the bench was ` +
      'held up, and every number is too low.',
  ];
}

const titleOf = ({ streams, perSecond }: Load) =>
  `${streams.toLocaleString('en-GB')} streams with ${perSecond} tokens a second each`;

const percent = (share: number) => `${Math.round(share * 100)} %`;
