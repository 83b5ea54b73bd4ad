import type { ModelFacts } from '../../core/model-facts.js';

/** What a model's generation takes of a request: what it does not know it answers with an error. */
export interface ClaudeTraits {
  /** Whether it is told a number of tokens to think, decides for itself, or does not think. */
  readonly thinking: 'none' | 'budget' | 'adaptive';
  /** Whether it thinks without being asked to. */
  readonly thinksUnasked: boolean;
  /** The setting that keeps it from thinking, where it has one. */
  readonly unthinking: 'disabled' | 'between_tools' | undefined;
  /** Whether it takes a temperature. */
  readonly sampling: boolean;
  /** Whether it can be made to call a tool. */
  readonly forcedTools: boolean;
  /** Whether its answer and the arguments of its tool calls can be held to a schema. */
  readonly schemas: boolean;
  /** Tokens of an answer at most, where that is known. */
  readonly longestAnswer: number | undefined;
}

/** The API version that takes no temperature for any model. */
const WITHOUT_SAMPLING = '2026-10-21';

/** How to ask a model. What does not call itself Claude is a compatible server's, and is asked for nothing special. */
export function traitsOf(model: string, facts: ModelFacts | undefined, version: string): ClaudeTraits {
  const generation = generationOf(model);
  const dated = version < WITHOUT_SAMPLING;
  if (generation === undefined) return compatible(facts, dated);
  const thinking = generation < 37 ? 'none' : generation < 46 ? 'budget' : 'adaptive';
  return {
    thinking: facts?.capabilities?.reasoning === false ? 'none' : thinking,
    thinksUnasked: generation >= 50,
    unthinking: unthinkingOf(model, generation),
    sampling: dated && generation < 47,
    forcedTools: generation <= 50,
    schemas: generation >= 45,
    longestAnswer: longestAnswerOf(model, generation),
  };
}

function compatible(facts: ModelFacts | undefined, sampling: boolean): ClaudeTraits {
  return {
    thinking: facts?.capabilities?.reasoning === true ? 'budget' : 'none',
    thinksUnasked: false,
    unthinking: undefined,
    sampling,
    forcedTools: true,
    schemas: false,
    longestAnswer: undefined,
  };
}

/** Ten times the version in a Claude's name, without a version that of a model to come; `undefined` for another name. */
function generationOf(model: string): number | undefined {
  if (!/(^|[./])claude-/.test(model)) return undefined;
  const version = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d))?(?!\d)/.exec(model);
  return version === null ? Infinity : Number(version[1]) * 10 + Number(version[2] ?? 0);
}

function unthinkingOf(model: string, generation: number): ClaudeTraits['unthinking'] {
  if (model.includes('sonnet') && generation >= 55) return 'between_tools';
  const cannotStop = /fable|mythos/.test(model) || (model.includes('opus') && generation >= 55);
  return cannotStop ? undefined : 'disabled';
}

function longestAnswerOf(model: string, generation: number): number {
  if (generation < 35) return 4_096;
  if (generation < 37) return 8_192;
  if (generation >= 46) return 128_000;
  return generation <= 41 && model.includes('opus') ? 32_000 : 64_000;
}
