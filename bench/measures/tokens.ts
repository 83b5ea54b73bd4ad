import { setTimeout as sleep } from 'node:timers/promises';
import { show } from '../rig/numbers.ts';
import type { Effort, Result } from '../rig/result.ts';
import type { Rig } from '../rig/rig.ts';
import { DISTURBED, inTurns, middle, type Round } from '../rig/rounds.ts';
import type { Plan } from '../rig/stand-in.ts';
import type { Subject } from '../rig/subject.ts';
import { together, type Window } from '../rig/window.ts';

/*
 * Tokens per processor second, Threadline against the raw pipe and a naive Nest server. The provider sends each token in a
 * write of its own, a hundred a second in every answer, and as many answers run at once as just keep the pipe's core busy.
 */

const TOKENS = 400;
const GAP_MS = 10;
const BUSY = 0.9;
const MOST_LANES = 4_000;
const SPREAD_MS = TOKENS * GAP_MS;

const pacedPlan: Plan = { tokens: TOKENS, gapMs: GAP_MS, delayMs: 0 };
const floodPlan: Plan = { tokens: 4_000, gapMs: null, delayMs: 0 };
const FLOOD_LANES = 32;

type Measured = 'threadline' | 'gateway';
type Name = Measured | 'pipe' | 'naive';

/** Of a turn in a thread, which is stored. */
export function measureTokens(rig: Rig, effort: Effort): Promise<Result> {
  return measureTokensOf('threadline', '', rig, effort);
}

/** The same for the way of Threadline that is named; `what` goes before each line's words. */
export async function measureTokensOf(
  name: Measured,
  what: string,
  rig: Rig,
  { isQuick }: Effort,
): Promise<Result> {
  const lanes = await saturate(rig, rig.pipe);
  const pair: readonly Name[] = [name, 'pipe'];
  // One comparison with the naive server is enough.
  const names: readonly Name[] = name === 'threadline' ? [...pair, 'naive'] : pair;
  const paced = await inTurns(rig, names, { wanted: isQuick ? 1 : 3 }, (subject) =>
    pacedWindow(rig, subject, lanes, isQuick ? 3_000 : 6_000),
  );
  const flood = await inTurns(rig, pair, { wanted: isQuick ? 1 : 2 }, (subject) =>
    floodWindow(rig, subject, isQuick ? 2_000 : 3_000),
  );
  return report(name, what, lanes, paced, flood);
}

/**
 * The least number of answers at once that keeps the subject's core busy: with more of them tokens come in heaps, which
 * flatters whoever copies heaps. As many as are worth trying when nothing keeps it busy.
 */
async function saturate(rig: Rig, subject: Subject): Promise<number> {
  let lanes = 150;
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const job = { requests: lanes * 2, lanes, rampMs: 1_000, counts: true };
    await rig.load.ask('start', await rig.streamJob(subject, pacedPlan, job));
    await sleep(1_200);
    const { busy, foreign = 0 } = await rig.window(subject, 1_500);
    await rig.load.ask('close');
    await sleep(300);
    const used = busy + foreign;
    if (used >= BUSY || lanes >= MOST_LANES) break;
    // What is close to the mark is left a little above it, what is far away is approached from below.
    lanes = Math.min(MOST_LANES, Math.ceil((lanes * Math.min(2, 0.95 / used)) / 10) * 10);
  }
  return lanes;
}

async function pacedWindow(rig: Rig, subject: Subject, lanes: number, milliseconds: number) {
  const requests = lanes * Math.ceil(3 + milliseconds / SPREAD_MS);
  const job = await rig.streamJob(subject, pacedPlan, { requests, lanes, rampMs: SPREAD_MS, counts: true });
  await rig.load.ask('start', job);
  await sleep(SPREAD_MS + 500);
  const window = await rig.window(subject, milliseconds, 'one token a write');
  // It would go on for long with what it has to do; a client that leaves ends it.
  if (subject.name === 'naive') await rig.load.ask('close');
  return closed(rig, window);
}

async function floodWindow(rig: Rig, subject: Subject, milliseconds: number) {
  const requests = subject.name === 'threadline' ? 5_000 : 10_000_000;
  const job = await rig.streamJob(subject, floodPlan, {
    requests,
    lanes: FLOOD_LANES,
    rampMs: 500,
    counts: false,
  });
  await rig.load.ask('start', job);
  await sleep(1_000);
  return closed(rig, await rig.window(subject, milliseconds, 'as fast as it can'));
}

/** Lets what runs come to its end, so that the next window is not charged with it. */
async function closed(rig: Rig, window: Window): Promise<Window> {
  await rig.load.ask('drain');
  await rig.counters();
  await sleep(500);
  return window;
}

type Rounds = readonly Round<Name>[];

function report(name: Measured, what: string, lanes: number, paced: Rounds, flood: Rounds): Result {
  const rows = [
    {
      measure: `${what}Tokens per CPU second, ${lanes} answers at once, one token a write`,
      ...compare(name, paced),
    },
    {
      measure: `${what}The same, provider sends as fast as it can (${FLOOD_LANES} at once)`,
      ...compare(name, flood),
    },
  ];
  return {
    rows,
    details: { lanes, tokensPerAnswer: TOKENS, gapMs: GAP_MS, paced, flood },
    notes: [
      ...starved(name, `${what}one token a write`, paced),
      ...starved(name, `${what}as fast as it can`, flood),
    ],
  };
}

const alone = ({ tokens, processorSeconds }: Window) => tokens / processorSeconds;
const withDatabase = (window: Window) => window.tokens / together(window);

function compare(name: Measured, rounds: Rounds) {
  const of = (which: Name) => show(middle(rounds, (round) => alone(round[which])));
  const ratio = (value: (window: Window) => number) =>
    show(middle(rounds, (round) => value(round[name]) / alone(round.pipe)));
  return {
    threadline: `${of(name)} (with Postgres ${show(middle(rounds, (round) => withDatabase(round[name])))})`,
    pipe: of('pipe'),
    naive: 'naive' in rounds[0]! ? of('naive') : '',
    compared: `${ratio(withDatabase)} × pipe with Postgres, ${ratio(alone)} × without`,
  };
}

/** A process that waits for input or shares its core merges differently: such a number is said to be one. */
function starved(name: Measured, what: string, rounds: Rounds): string[] {
  return ([name, 'pipe'] as const).flatMap((each) => {
    const busy = percent(rounds, (round) => round[each].busy);
    const foreign = percent(rounds, (round) => round[each].foreign ?? 0);
    if (busy >= BUSY * 100) return [`Core of ${each} during "${what}": ${busy} % busy.`];
    const cause =
      foreign > DISTURBED * 100
        ? `other programs took ${foreign} % of it`
        : 'the rest of the bench could not bring more, or the server waited for its database';
    return [
      `**Core of ${each} during "${what}" was only ${busy} % busy (${cause}):** its number is not the one of a saturated process, and may look better or worse than that.`,
    ];
  });
}

function percent(rounds: Rounds, share: (round: Rounds[number]) => number): number {
  return Math.round(middle(rounds, share) * 100);
}
