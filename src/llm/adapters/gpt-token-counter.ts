import { Injectable } from '@nestjs/common';
import type { TokenCounter } from '../ports/token-counter.js';

/** What is counted in earnest; the rest of a longer text is taken to be like it. */
const COUNTED_CHARS = 100_000;

/** OpenAI's tokenizer. Its table is large, so it is loaded when something has to be counted for the first time. */
@Injectable()
export class GptTokenCounter implements TokenCounter {
  private loading: ReturnType<typeof load> | undefined;

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
