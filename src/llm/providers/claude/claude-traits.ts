import type { ModelFacts } from '../../core/model-facts.js';

/** What a model's generation accepts in a request: it rejects fields that it does not support. */
export interface ClaudeTraits {
  /** Whether its thinking has a token budget, is adaptive, or does not exist. */
  readonly thinking: 'none' | 'budget' | 'adaptive';
  /** Whether it thinks unless that is disabled. */
  readonly thinksByDefault: boolean;
  /** The setting that disables its thinking, if it has one. */
  readonly thinkingSwitch: 'disabled' | 'between_tools' | undefined;
  /** Whether it accepts a temperature. */
  readonly sampling: boolean;
  /** Whether it can be forced to call a tool. */
  readonly forcedTools: boolean;
  /** Whether its answer and the arguments of its tool calls can be constrained by a schema. */
  readonly schemas: boolean;
  /** The most tokens of an answer, if known. */
  readonly longestAnswer: number | undefined;
}

/** The API version from which on no model accepts a temperature. */
const WITHOUT_SAMPLING = '2026-10-21';

/** The traits of a model. One without Claude's name belongs to a compatible server, and is sent nothing special. */
export function traitsOf(model: string, facts: ModelFacts | undefined, version: string): ClaudeTraits {
  const generation = generationOf(model);
  const dated = version < WITHOUT_SAMPLING;
  if (generation === undefined) return compatible(facts, dated);
  const thinking = generation < 37 ? 'none' : generation < 46 ? 'budget' : 'adaptive';
  return {
    thinking: facts?.capabilities?.reasoning === false ? 'none' : thinking,
    thinksByDefault: generation >= 50,
    thinkingSwitch: thinkingSwitchOf(model, generation),
    sampling: dated && generation < 47,
    forcedTools: generation <= 50,
    schemas: generation >= 45,
    longestAnswer: longestAnswerOf(model, generation),
  };
}

function compatible(facts: ModelFacts | undefined, sampling: boolean): ClaudeTraits {
  return {
    thinking: facts?.capabilities?.reasoning === true ? 'budget' : 'none',
    thinksByDefault: false,
    thinkingSwitch: undefined,
    sampling,
    forcedTools: true,
    schemas: false,
    longestAnswer: undefined,
  };
}

/**
 * Ten times the version in a Claude model's name; a name without a version counts as a future one. `undefined` for
 * other names.
 */
function generationOf(model: string): number | undefined {
  if (!/(^|[./])claude-/.test(model)) return undefined;
  const version = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d))?(?!\d)/.exec(model);
  return version === null ? Infinity : Number(version[1]) * 10 + Number(version[2] ?? 0);
}

function thinkingSwitchOf(model: string, generation: number): ClaudeTraits['thinkingSwitch'] {
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
