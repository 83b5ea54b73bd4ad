import { median } from './numbers.ts';
import type { Rig } from './rig.ts';
import type { Subject } from './subject.ts';
import type { Window } from './window.ts';

/** Share of the core from which others are said to have disturbed a window. */
export const DISTURBED = 0.05;

/** One window of each, one after the other. */
export type Round<N extends string, W = Window> = Readonly<Record<N, W>>;

/**
 * So many rounds in which the subjects take turns and nobody else took their core away; after `spare` more, those in which
 * least was taken.
 */
export async function inTurns<N extends Subject['name'], W extends Window>(
  rig: Rig,
  names: readonly N[],
  { wanted, spare = 2 }: { readonly wanted: number; readonly spare?: number },
  measure: (subject: Subject) => Promise<W>,
): Promise<readonly Round<N, W>[]> {
  const rounds: Round<N, W>[] = [];
  for (let tries = 0; tries < wanted + spare; tries += 1) {
    const windows: Partial<Record<N, W>> = {};
    // Each comes first once, so that nobody always follows the same one.
    for (let place = 0; place < names.length; place += 1) {
      const name = names[(place + tries) % names.length]!;
      windows[name] = await measure(await rig.subject(name));
    }
    rounds.push(windows as Round<N, W>);
    if (rounds.filter((round) => disturbance(round) <= DISTURBED).length >= wanted) break;
  }
  return rounds.toSorted((a, b) => disturbance(a) - disturbance(b)).slice(0, wanted);
}

function disturbance(round: Round<string>): number {
  return Math.max(...Object.values(round).map(({ foreign }) => foreign ?? 0));
}

/** That others took so much of the core that the numbers are doubtful, if they did. */
export function disturbed(what: string, rounds: readonly Round<string>[]): string[] {
  const share = middle(rounds, disturbance);
  if (share <= DISTURBED) return [];
  return [`**Other programs took ${Math.round(share * 100)} % of the measured core** during "${what}".`];
}

/** The median of what each round says. */
export function middle<R>(rounds: readonly R[], value: (round: R) => number): number {
  return median(rounds.map(value));
}
