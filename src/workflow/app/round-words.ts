import type { ToolCall } from '../../kernel/index.js';
import type { Answered, Question } from '../../llm/index.js';
import { UNNAMED } from './name-calls.js';

/** Calls that are made of one answer: of those that follow it is said that they are not. */
const MAX_CALLS = 32;

const EMPTY = 'Your last answer was empty. Answer with what you have, and say what could not be done.';

const NOT_OFFERED =
  'There are no tools that you can call here, and nothing was called. Answer without them, and say what could not be done.';

/** What a model is told that has called as often as it may. */
export const NO_MORE_TOOLS =
  'No more tools can be called in this turn. Answer with what you have, and say what could not be done.';

/** The question with words that ask for an answer, and nothing to call. */
export function withoutTools(question: Question, words: string): Question {
  const { toolChoice: _choice, parallelToolCalls: _parallel, tools: _tools, messages, ...rest } = question;
  return { ...rest, messages: [...messages, { role: 'user', content: words }] };
}

/**
 * The words with which a model is asked once more for an answer, where its last one says nothing; `undefined` where that
 * stands. Calls that it makes although nothing was offered are none.
 */
export function wordsForSilence({ said, finishReason }: Answered, hasCalled: boolean): string | undefined {
  if (said.text.join('').trim() !== '') return undefined;
  if (finishReason === 'tool_calls') return NOT_OFFERED;
  return hasCalled && finishReason === 'stop' ? EMPTY : undefined;
}

/** The answer without calls. */
export function inWords({ metadata: _metadata, ...answered }: Answered): Answered {
  const finishReason = answered.finishReason === 'tool_calls' ? 'stop' : answered.finishReason;
  return { ...answered, finishReason, toolCalls: [] };
}

/** Why the call at an index is not made, whatever tool it means. `untold`: so many calls after it are not told of. */
export function refusalFor(
  { name }: ToolCall,
  index: number,
  untold: number | undefined,
): string | undefined {
  if (index < MAX_CALLS) return name === UNNAMED ? 'This call names no tool, and was not made.' : undefined;
  const others = untold === undefined ? '' : ` Nor were ${untold} calls that came after it.`;
  return `This call was not made: of one answer the first ${MAX_CALLS} calls are.${others} Call again what is still needed.`;
}
