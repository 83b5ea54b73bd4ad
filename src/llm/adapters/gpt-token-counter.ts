import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { yieldToEventLoop } from '../../kernel/index.js';
import { cutRuns, samplesOf } from '../core/token-samples.js';
import type { TokenCounter } from '../ports/token-counter.js';

/**
 * Loading the tokenizer's table blocks the event loop for some 0.1 s, so it is done after the start and before the
 * first answer ends.
 */
const WARM_UP_MS = 1_000;
/** Tokens decoded between two yields to the event loop. */
const TOKENS_AT_ONCE = 2_000;

/** OpenAI's tokenizer. It yields to the event loop in between, whatever the text's size and content. */
@Injectable()
export class GptTokenCounter implements TokenCounter, OnApplicationBootstrap, OnModuleDestroy {
  private loading: ReturnType<typeof load> | undefined;
  private warmUp: NodeJS.Timeout | undefined;

  onApplicationBootstrap(): void {
    this.warmUp = setTimeout(() => void this.tokenizer(), WARM_UP_MS).unref();
  }

  onModuleDestroy(): void {
    clearTimeout(this.warmUp);
  }

  async count(texts: readonly string[]): Promise<number> {
    const text = texts.join('');
    if (text === '') return 0;
    const { countTokens } = await this.tokenizer();
    let tokens = 0;
    let characters = 0;
    for (const sample of samplesOf(text)) {
      if (characters > 0) await yieldToEventLoop();
      characters += sample.length;
      // Text that looks like a control token of the model is counted as ordinary text.
      for (const run of cutRuns(sample)) tokens += countTokens(run.toWellFormed(), { allowedSpecial: 'all' });
    }
    return Math.ceil(tokens * (text.length / characters));
  }

  async textOf(tokens: readonly number[]): Promise<string | undefined> {
    const { decode, ranks } = await this.tokenizer();
    // Each call has its own decoder: the library's shared one keeps half a character for the next caller.
    const characters = new TextDecoder();
    const bytes = new TextEncoder();
    let text = '';
    for (const [index, token] of tokens.entries()) {
      if (index % TOKENS_AT_ONCE === TOKENS_AT_ONCE - 1) await yieldToEventLoop();
      const known = ranks[token] ?? controlToken(decode, token);
      if (known === undefined) return undefined;
      const part = typeof known === 'string' ? bytes.encode(known) : Uint8Array.from(known);
      text += characters.decode(part, { stream: true });
    }
    return text + characters.decode();
  }

  private tokenizer(): ReturnType<typeof load> {
    return (this.loading ??= load());
  }
}

function controlToken(decode: (tokens: number[]) => string, token: number): string | undefined {
  try {
    return decode([token]);
  } catch {
    return undefined;
  }
}

async function load() {
  const [{ countTokens, decode }, { default: ranks }] = await Promise.all([
    import('gpt-tokenizer/encoding/cl100k_base'),
    import('gpt-tokenizer/bpeRanks/cl100k_base'),
  ]);
  return { countTokens, decode, ranks };
}
