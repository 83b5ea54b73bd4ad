import type { Anthropic } from '@anthropic-ai/sdk';
import type { ModelRequest } from '../../ports/language-model.js';
import type { ClaudeTraits } from './claude-traits.js';

type Effort = NonNullable<ModelRequest['reasoningEffort']>;

/** The fields of a request that control a model's thinking. */
export interface Thinking {
  readonly thinking?: Anthropic.ThinkingConfigParam;
  readonly effort?: { readonly effort: 'low' | 'medium' | 'high' };
}

const MIN_BUDGET = 1_024;
/** Below this limit, thinking that was not requested would leave no room for the answer. */
const SHORT_ANSWER = 4_096;
const BUDGETS: Readonly<Record<Effort, number>> = {
  minimal: MIN_BUDGET,
  low: 2_048,
  medium: 8_192,
  high: 24_576,
};

/**
 * Enables thinking for a model that supports it, with the request's effort. `limit`: tokens of thinking and answer
 * together.
 */
export function thinkingOf(request: ModelRequest, traits: ClaudeTraits, limit: number): Thinking {
  const { reasoningEffort: effort } = request;
  if (traits.thinking === 'none') return {};
  if (traits.thinking === 'adaptive') return adaptive(request, traits);
  const budget = effort === undefined ? 0 : Math.min(BUDGETS[effort], Math.floor(limit / 2));
  if (budget < MIN_BUDGET || isForced(request)) return {};
  if (isAnsweringTools(request) && !hasSignedRounds(request)) return {};
  return { thinking: { type: 'enabled', budget_tokens: budget } };
}

/** The thinking is shown only if the request asks for it. */
function adaptive(request: ModelRequest, traits: ClaudeTraits): Thinking {
  const { reasoningEffort: effort } = request;
  const level = effort === 'minimal' ? 'low' : effort;
  const setting = level === undefined ? {} : { effort: { effort: level } };
  const isHeldBack = traits.forcedTools && isForced(request);
  if (level === undefined && traits.thinksByDefault && (request.maxTokens ?? Infinity) < SHORT_ANSWER) {
    return traits.thinkingSwitch === undefined
      ? { effort: { effort: 'low' } }
      : { thinking: { type: traits.thinkingSwitch } };
  }
  if (isHeldBack || (level === undefined && !traits.thinksByDefault)) return setting;
  return { thinking: { type: 'adaptive', display: 'summarized' }, ...setting };
}

function isForced({ tools, toolChoice }: ModelRequest): boolean {
  return tools !== undefined && (toolChoice === 'required' || typeof toolChoice === 'object');
}

/**
 * Whether the question is a tool's result: models with a thinking budget then require the signed thinking of each round, or
 * no thinking at all.
 */
function isAnsweringTools({ messages }: ModelRequest): boolean {
  return messages.findLast(({ role }) => role !== 'system')?.role === 'tool';
}

/** Whether each round since the user spoke has its signed thinking: none of it was another model's, or of a former release. */
function hasSignedRounds({ messages }: ModelRequest): boolean {
  const rounds = messages.slice(messages.findLastIndex(({ role }) => role === 'user') + 1);
  return rounds.every(
    (message) => message.role !== 'assistant' || (message.metadata?.reasoning?.length ?? 0) > 0,
  );
}
