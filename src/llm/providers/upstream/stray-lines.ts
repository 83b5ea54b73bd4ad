import { reportedError } from './classify-error.js';
import { failureInText } from './failure-in.js';

const LONGEST = 16_384;
/** How often what has come so far is tried as JSON: an error is short. */
const MOST_TRIES = 64;

/**
 * Lines of an event stream that are none of its own: there some servers say, as bare JSON or behind `error:`, that
 * nothing will come.
 */
export class StrayLines {
  private text = '';
  private tries = 0;

  constructor(private readonly provider: string) {}

  /** Throws a `ModelError` when the line says, or completes, an error. */
  take(line: string): void {
    if (this.text.length + line.length > LONGEST) return;
    this.text += `${line}\n`;
    const isEnd = /^error:|[}\]]\s*$/.test(line);
    if (!isEnd || this.tries >= MOST_TRIES) return;
    this.tries += 1;
    const failure = failureInText(this.text);
    if (failure !== undefined) throw reportedError(this.provider, failure);
  }
}
