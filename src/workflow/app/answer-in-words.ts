import { addUsage, type Sink, type StepEvent } from '../../kernel/index.js';
import type { Answered, AskModel, Question } from '../../llm/index.js';
import { inWords, withoutTools, wordsForSilence } from './round-words.js';

interface Means {
  readonly models: Pick<AskModel, 'ask'>;
  readonly signal: AbortSignal;
  readonly tell: Sink<StepEvent>;
}

/** Asks a model that is offered no tools. One that calls all the same, and says nothing, is told so once. */
export async function answerInWords(means: Means, question: Question): Promise<Answered> {
  const answered = await means.models.ask(question, means.signal, means.tell);
  if (answered.toolCalls.length === 0) return answered;
  const words = wordsForSilence(answered, false);
  return words === undefined ? inWords(answered) : insist(means, answered, question, words);
}

/** Asks once more for an answer that says something. */
export async function insist(
  { models, signal, tell }: Means,
  silent: Answered,
  question: Question,
  words: string,
): Promise<Answered> {
  const answered = await models.ask(withoutTools(question, words), signal, tell);
  const said = { ...answered.said, reasoning: [...silent.said.reasoning, ...answered.said.reasoning] };
  return inWords({ ...answered, said, usage: addUsage(silent.usage, answered.usage) });
}
