import { z } from 'zod';

/** What is to be done, step by step, as a model has said it. */
export interface Plan {
  readonly steps: readonly unknown[];
}

const planSchema = z.looseObject({ steps: z.array(z.unknown()).min(1) });

const MAX_STEPS = 100;
const MAX_TITLE = 300;
/** Beginnings of objects that are tried, from the last one: a text may be full of braces. */
const MAX_TRIES = 500;

/** Whether the text ends in a plan as JSON, with nothing behind it. */
export function endsInPlan(text: string): boolean {
  return planAtEnd(text.trimEnd()) !== undefined;
}

/** The plan that a text says: as JSON, also inside a block of code, or as a list, or else the text as one step. */
export function planIn(text: string): Plan {
  const end = text.lastIndexOf('}');
  return planAtEnd(text.slice(0, end + 1)) ?? { steps: listedIn(text) };
}

function planAtEnd(text: string): Plan | undefined {
  if (!text.endsWith('}')) return undefined;
  let start = text.lastIndexOf('{');
  for (let tries = 0; start >= 0 && tries < MAX_TRIES; tries += 1) {
    const plan = planSchema.safeParse(parsed(text.slice(start))).data;
    if (plan !== undefined) return plan;
    start = start === 0 ? -1 : text.lastIndexOf('{', start - 1);
  }
  return undefined;
}

function listedIn(text: string): { readonly title: string }[] {
  const listed = text
    .split('\n')
    .flatMap((line) => /^\s*(?:\d{1,3}[.)]|[-*•])\s+(.+)$/u.exec(line)?.[1]?.trim() ?? []);
  const titles = listed.length > 0 ? listed : [text.replace(/\s+/gu, ' ').trim() || 'Do what was asked for.'];
  return titles.slice(0, MAX_STEPS).map((title) => ({ title: title.slice(0, MAX_TITLE).toWellFormed() }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
