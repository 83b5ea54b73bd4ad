import { setTimeout as sleep } from 'node:timers/promises';
import { median, show } from '../rig/numbers.ts';
import type { Effort, Result } from '../rig/result.ts';
import type { Rig, Subject, Window } from '../rig/rig.ts';
import type { Plan } from '../rig/stand-in.ts';

/*
 * Tokens per processor second, Threadline against the raw pipe. The provider sends each token in a write of its own,
 * a hundred a second in every answer, and as many answers run at once as just keep the pipe's core busy.
 */

const TOKENS = 400;
const GAP_MS = 10;
const BUSY = 0.9;
/** Share of the core from which others are said to have disturbed a window. */
const DISTURBED = 0.05;
const MOST_LANES = 4_000;
const SPREAD_MS = TOKENS * GAP_MS;

const pacedPlan: Plan = { tokens: TOKENS, gapMs: GAP_MS, delayMs: 0 };
const floodPlan: Plan = { tokens: 4_000, gapMs: null, delayMs: 0 };
const FLOOD_LANES = 32;

interface Round {
  readonly pipe: Window;
  readonly threadline: Window;
}

/** Of a turn in a thread, which is stored. */
export function measureTokens(rig: Rig, effort: Effort): Promise<Result> {
  return measureTokensOf('threadline', '', rig, effort);
}

/** The same for the way of Threadline that is named; `what` goes before each line's words. */
export async function measureTokensOf(
  name: 'threadline' | 'gateway',
  what: string,
  rig: Rig,
  { isQuick }: Effort,
): Promise<Result> {
  const threadline = await rig.subject(name);
  const lanes = await saturate(rig, rig.pipe);
  const pair = async (measure: (subject: Subject) => Promise<Window>): Promise<Round> => ({
    pipe: await measure(rig.pipe),
    threadline: await measure(threadline),
  });
  const paced = await clean(isQuick ? 1 : 3, () =>
    pair((subject) => pacedWindow(rig, subject, lanes, isQuick ? 3_000 : 6_000)),
  );
  const flood = await clean(isQuick ? 1 : 2, () =>
    pair((subject) => floodWindow(rig, subject, isQuick ? 2_000 : 3_000)),
  );
  return report(what, lanes, paced, flood);
}

/** So many rounds in which nobody else took the subjects' core away; after two more, those in which least was taken. */
async function clean(wanted: number, measure: () => Promise<Round>): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  const disturbance = ({ pipe, threadline }: Round) => Math.max(pipe.foreign ?? 0, threadline.foreign ?? 0);
  for (let tries = 0; tries < wanted + 2; tries += 1) {
    rounds.push(await measure());
    if (rounds.filter((round) => disturbance(round) <= DISTURBED).length >= wanted) break;
  }
  return rounds.toSorted((a, b) => disturbance(a) - disturbance(b)).slice(0, wanted);
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
  return closed(rig, await rig.window(subject, milliseconds));
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
  return closed(rig, await rig.window(subject, milliseconds));
}

/** Lets what runs come to its end, so that the next window is not charged with it. */
async function closed(rig: Rig, window: Window): Promise<Window> {
  await rig.load.ask('drain');
  await rig.counters();
  await sleep(500);
  return window;
}

function report(what: string, lanes: number, paced: readonly Round[], flood: readonly Round[]): Result {
  const rows = [
    {
      measure: `${what}Tokens per CPU second, ${lanes} answers at once, one token a write`,
      ...compare(paced),
    },
    {
      measure: `${what}The same, provider sends as fast as it can (${FLOOD_LANES} at once)`,
      ...compare(flood),
    },
  ];
  return {
    rows,
    details: { lanes, tokensPerAnswer: TOKENS, gapMs: GAP_MS, paced, flood },
    notes: [
      ...postgresNote(paced),
      ...starved(`${what}one token a write`, paced),
      ...starved(`${what}as fast as it can`, flood),
    ],
  };
}

const perSecond = ({ tokens, processorSeconds }: Window) => tokens / processorSeconds;

function compare(rounds: readonly Round[]) {
  const of = (name: keyof Round) => median(rounds.map((round) => perSecond(round[name])));
  const ratio = median(rounds.map((round) => perSecond(round.threadline) / perSecond(round.pipe)));
  return { threadline: show(of('threadline')), pipe: show(of('pipe')), compared: `${show(ratio)} ×` };
}

function postgresNote(rounds: readonly Round[]): string[] {
  const shares = rounds.flatMap(({ threadline: { databaseSeconds, processorSeconds } }) =>
    databaseSeconds === undefined ? [] : [databaseSeconds / processorSeconds],
  );
  if (shares.length === 0) return [];
  return [
    `Beside each CPU second of the server Postgres used ${show(median(shares))} (one token a write); it is not in the ratio.`,
  ];
}

/** A process that waits for input or shares its core merges differently: such a number is said to be one. */
function starved(what: string, rounds: readonly Round[]): string[] {
  return (['threadline', 'pipe'] as const).flatMap((name) => {
    const busy = percent(rounds.map((round) => round[name].busy));
    const foreign = percent(rounds.map((round) => round[name].foreign ?? 0));
    if (busy >= BUSY * 100) return [`Core of ${name} during "${what}": ${busy} % busy.`];
    const cause =
      foreign > DISTURBED * 100
        ? `other programs took ${foreign} % of it`
        : 'the rest of the bench could not bring more, or the server waited for its database';
    return [
      `**Core of ${name} during "${what}" was only ${busy} % busy (${cause}):** its number is not the one of a saturated process, and may look better or worse than that.`,
    ];
  });
}

function percent(shares: readonly number[]): number {
  return Math.round(median(shares) * 100);
}
