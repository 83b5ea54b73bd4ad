import { z } from 'zod';

const MOST = 1_000;

/** What a step of a guided workflow says, unless it says otherwise: it is one exchange of several. */
const DEFAULT = 2;

export const maxSentencesSchema = z
  .int()
  .min(1)
  .max(MOST)
  .nullable()
  .optional()
  .describe(
    `The answer ends with so many sentences, and the model is asked for no more; ${DEFAULT} unless it is given, or any number in ` +
      'an open step, which names itself as the one that follows. `null`: as many as the model says.',
  );

/** How many sentences a chat step says; `null`: any number. */
export function sentencesOf(step: {
  readonly id: string;
  readonly next?: string | undefined;
  readonly maxSentences?: number | null | undefined;
}): number | null {
  if (step.maxSentences !== undefined) return step.maxSentences;
  return step.next === step.id ? null : DEFAULT;
}
