import type { Usage } from '../../../kernel/index.js';
import { estimateTokens } from '../../core/estimate-usage.js';
import type { PromptUsage } from '../../ports/language-model.js';
import { isCount } from '../upstream/count.js';

/** The fields of a streamed event that are read. Any server may have sent it, so no type is certain. */
export interface ClaudeEvent {
  readonly type?: unknown;
  readonly index?: unknown;
  readonly message?: unknown;
  readonly content_block?: unknown;
  readonly delta?: unknown;
  readonly usage?: unknown;
}

/** A part of an event as an object; empty if there is none. */
export function partOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** Collects the usage of an answer: part of it is reported at the start, the rest at the end. */
export class UsageTally {
  private readonly counts = new Map<string, number>();
  private thinking: number | undefined;

  /** Adds the `usage` of an event; later counts replace earlier ones. */
  add(usage: unknown): void {
    const reported = partOf(usage);
    for (const [name, value] of Object.entries(reported)) if (isCount(value)) this.counts.set(name, value);
    const { thinking_tokens: thinking } = partOf(reported['output_tokens_details']);
    if (isCount(thinking)) this.thinking = thinking;
  }

  /** The output tokens reported at the start of an answer mean nothing. */
  forgetOutput(): void {
    this.counts.delete('output_tokens');
  }

  /** The cost of the question, if it was reported; compatible servers start with a zero that means nothing. */
  get prompt(): PromptUsage | undefined {
    const input = this.input();
    return input === undefined || input.inputTokens === 0 ? undefined : { type: 'prompt_usage', ...input };
  }

  /** Counts that were not reported are estimated from sizes in UTF-16 code units. */
  total(inputCharacters: number, outputCharacters: number): Usage {
    const input = this.input();
    const said = this.counts.get('output_tokens');
    const { inputTokens } = input ?? { inputTokens: estimateTokens(inputCharacters) };
    const outputTokens = said ?? estimateTokens(outputCharacters);
    return {
      ...input,
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens,
      ...(this.thinking === undefined ? {} : { reasoningTokens: this.thinking }),
      ...(input === undefined || said === undefined ? { estimated: true } : {}),
    };
  }

  private input(): { readonly inputTokens: number; readonly cachedTokens?: number } | undefined {
    const read = this.counts.get('input_tokens');
    if (read === undefined) return undefined;
    const cached = this.counts.get('cache_read_input_tokens') ?? 0;
    const kept = this.counts.get('cache_creation_input_tokens') ?? 0;
    return { inputTokens: read + cached + kept, ...(cached > 0 ? { cachedTokens: cached } : {}) };
  }
}
