import { addUsage, type Message, type Usage } from '../kernel/index.js';
import type { Input } from '../turn/index.js';
import { asOneText } from './answer-updates.js';

/** A turn as one answer. */
export interface WholeAnswer {
  readonly response: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly usage: Usage | null;
}

/**
 * All that a turn has said, and what it waits for people to answer, as its stream says it; what all of it has cost, and who has
 * said the last of it.
 */
export function wholeAnswer(messages: readonly Message[], inputs: readonly Input[]): WholeAnswer {
  const answers = messages.filter(({ role }) => role === 'assistant');
  const last = answers.findLast(({ provider }) => provider !== null);
  return {
    response: asOneText([...answers.map(({ content }) => content), ...inputs.map(({ prompt }) => prompt)]),
    provider: last?.provider ?? null,
    model: last?.model ?? null,
    usage: answers.reduce<Usage | null>(
      (sum, { usage }) => (sum === null || usage === null ? (sum ?? usage) : addUsage(sum, usage)),
      null,
    ),
  };
}
