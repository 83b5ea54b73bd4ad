import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { TokenCounter } from '../ports/token-counter.js';

/** What is counted in earnest; the rest of a longer text is taken to be like it. */
const COUNTED_CHARS = 100_000;

/** Loading its table holds everything up for some 0.2 s: after the start, and before the first answer is stopped. */
const WARM_UP_MS = 1_000;

/** OpenAI's tokenizer. */
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
    const counted = text.slice(0, COUNTED_CHARS).toWellFormed();
    const { countTokens } = await this.tokenizer();
    // What looks like one of the model's control tokens is only text here.
    return Math.ceil(countTokens(counted, { allowedSpecial: 'all' }) * (text.length / counted.length));
  }

  async textOf(tokens: readonly number[]): Promise<string | undefined> {
    const { decode } = await this.tokenizer();
    try {
      return decode(tokens).toWellFormed();
    } catch {
      return undefined;
    }
  }

  private tokenizer(): ReturnType<typeof load> {
    return (this.loading ??= load());
  }
}

function load() {
  return import('gpt-tokenizer/encoding/cl100k_base');
}
