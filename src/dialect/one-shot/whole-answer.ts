import type { Message, Usage } from '../../kernel/index.js';
import type { Input } from '../../turn/index.js';
import { asOneText } from '../answer-updates.js';

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
    response: asOneText(
      [...answers, ...inputs.map(({ prompt }) => ({ content: prompt }))].map(({ content }) => content),
    ),
    provider: last?.provider ?? null,
    model: last?.model ?? null,
    usage: answers.reduce<Usage | null>((sum, { usage }) => added(sum, usage), null),
  };
}

function added(sum: Usage | null, usage: Usage | null): Usage | null {
  if (sum === null || usage === null) return sum ?? usage;
  const { cachedTokens, reasoningTokens, estimated } = { ...sum, ...usage };
  return {
    inputTokens: sum.inputTokens + usage.inputTokens,
    outputTokens: sum.outputTokens + usage.outputTokens,
    totalTokens: sum.totalTokens + usage.totalTokens,
    ...(cachedTokens !== undefined && { cachedTokens: (sum.cachedTokens ?? 0) + (usage.cachedTokens ?? 0) }),
    ...(reasoningTokens !== undefined && {
      reasoningTokens: (sum.reasoningTokens ?? 0) + (usage.reasoningTokens ?? 0),
    }),
    ...(estimated !== undefined && { estimated: sum.estimated === true || usage.estimated === true }),
  };
}
