import type { StepEvent } from '../../kernel/index.js';

/** The text that stands when a step has been answered: what was taken back is not in it. */
export class SaidText {
  private pieces: string[] = [];

  /** All of it so far. */
  get text(): string {
    return this.pieces.join('');
  }

  /** Hands an answer on as it comes, and takes its text down. */
  async *of<Result>(
    answering: AsyncGenerator<StepEvent, Result, undefined>,
  ): AsyncGenerator<StepEvent, Result, undefined> {
    try {
      for (;;) {
        const next = await answering.next();
        if (next.done) return next.value;
        if (next.value.type === 'text') this.pieces.push(next.value.text);
        else if (next.value.type === 'reset') this.pieces = [];
        yield next.value;
      }
    } finally {
      await answering.return(undefined as never);
    }
  }
}
