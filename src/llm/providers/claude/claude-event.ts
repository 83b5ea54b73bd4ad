import type { Usage } from '../../../kernel/index.js';
import { estimateTokens } from '../../core/estimate-usage.js';
import type { PromptUsage } from '../../ports/language-model.js';
import { isCount } from '../upstream/count.js';

/** One event of a streamed message, as far as it is read. Any server may have written it: nothing is sure. */
export interface ClaudeEvent {
  readonly type?: unknown;
  readonly index?: unknown;
  readonly message?: unknown;
  readonly content_block?: unknown;
  readonly delta?: unknown;
  readonly usage?: unknown;
}

/** A part of an event, or an empty object where it has none. */
export function partOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** Gathers what an answer cost: some of it comes at its start, the rest at its end. */
export class UsageTally {
  private readonly counts = new Map<string, number>();
  private thinking: number | undefined;

  /** Takes the `usage` of an event; later counts take the place of earlier ones. */
  add(usage: unknown): void {
    const reported = partOf(usage);
    for (const [name, value] of Object.entries(reported)) if (isCount(value)) this.counts.set(name, value);
    const { thinking_tokens: thinking } = partOf(reported['output_tokens_details']);
    if (isCount(thinking)) this.thinking = thinking;
  }

  /** At the start of an answer its output is a number that means nothing. */
  forgetOutput(): void {
    this.counts.delete('output_tokens');
  }

  /** What the question has cost, where that was said; compatible servers begin with a nought that says nothing. */
  get prompt(): PromptUsage | undefined {
    const input = this.input();
    return input === undefined || input.inputTokens === 0 ? undefined : { type: 'prompt_usage', ...input };
  }

  /** Of sizes in UTF-16 code units, for what was not reported. */
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
