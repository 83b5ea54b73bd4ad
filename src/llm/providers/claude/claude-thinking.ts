import type { Anthropic } from '@anthropic-ai/sdk';
import type { ModelRequest } from '../../ports/language-model.js';
import type { ClaudeTraits } from './claude-traits.js';

type Effort = NonNullable<ModelRequest['reasoningEffort']>;

/** How a request says that its model should think. */
export interface Thinking {
  readonly thinking?: Anthropic.ThinkingConfigParam;
  readonly effort?: { readonly effort: 'low' | 'medium' | 'high' };
}

const SMALLEST_BUDGET = 1_024;
/** Tokens below which thoughts that nobody asked for would leave no room for the answer. */
const SHORT_ANSWER = 4_096;
const BUDGETS: Readonly<Record<Effort, number>> = {
  minimal: SMALLEST_BUDGET,
  low: 2_048,
  medium: 8_192,
  high: 24_576,
};

/** Lets a model think that can, as hard as the request says. `limit`: tokens of thoughts and answer together. */
export function thinkingOf(request: ModelRequest, traits: ClaudeTraits, limit: number): Thinking {
  const { reasoningEffort: effort } = request;
  if (traits.thinking === 'none') return {};
  if (traits.thinking === 'adaptive') return adaptive(request, traits);
  const budget = effort === undefined ? 0 : Math.min(BUDGETS[effort], Math.floor(limit / 2));
  if (budget < SMALLEST_BUDGET || isForced(request) || isAnsweringTools(request)) return {};
  return { thinking: { type: 'enabled', budget_tokens: budget } };
}

/** Thoughts are only told to those who ask for them. */
function adaptive(request: ModelRequest, traits: ClaudeTraits): Thinking {
  const { reasoningEffort: effort } = request;
  const level = effort === 'minimal' ? 'low' : effort;
  const setting = level === undefined ? {} : { effort: { effort: level } };
  const isHeldBack = traits.forcedTools && isForced(request);
  if (level === undefined && traits.thinksUnasked && (request.maxTokens ?? Infinity) < SHORT_ANSWER) {
    return traits.unthinking === undefined
      ? { effort: { effort: 'low' } }
      : { thinking: { type: traits.unthinking } };
  }
  if (isHeldBack || (level === undefined && !traits.thinksUnasked)) return setting;
  return { thinking: { type: 'adaptive', display: 'summarized' }, ...setting };
}

function isForced({ tools, toolChoice }: ModelRequest): boolean {
  return tools !== undefined && (toolChoice === 'required' || typeof toolChoice === 'object');
}

/**
 * Whether the question is a tool's result: models with a budget then want their signed thoughts back, which are not
 * kept, or no thinking.
 */
function isAnsweringTools({ messages }: ModelRequest): boolean {
  return messages.findLast(({ role }) => role !== 'system')?.role === 'tool';
}
