/** Gives out a text piece by piece as it is without the white space around it. */
export class TrimmedPieces {
  private waiting = '';
  private hasBegun = false;

  push(piece: string): void {
    this.waiting += piece;
  }

  /** What is sure to be part of the text, and was not given out yet; white space waits for what follows it. */
  drain(): string {
    if (!this.hasBegun) this.waiting = this.waiting.trimStart();
    const text = this.waiting.trimEnd();
    if (text === '') return '';
    this.hasBegun = true;
    this.waiting = this.waiting.slice(text.length);
    return text;
  }
}
