import { Injectable } from '@nestjs/common';
import type { TokenCounter } from '../ports/token-counter.js';

/** What is counted in earnest; the rest of a longer text is taken to be like it. */
const COUNTED_CHARS = 100_000;

/** OpenAI's tokenizer. Its table is large, so it is loaded when something has to be counted for the first time. */
@Injectable()
export class GptTokenCounter implements TokenCounter {
  private counting: Promise<(text: string) => number> | undefined;

  async count(texts: readonly string[]): Promise<number> {
    const text = texts.join('');
    if (text === '') return 0;
    const counted = text.slice(0, COUNTED_CHARS).toWellFormed();
    this.counting ??= load();
    return Math.ceil((await this.counting)(counted) * (text.length / counted.length));
  }
}

async function load(): Promise<(text: string) => number> {
  const { countTokens } = await import('gpt-tokenizer/encoding/cl100k_base');
  // What looks like one of the model's control tokens is only text here.
  return (text) => countTokens(text, { allowedSpecial: 'all' });
}
