/** Emits a text piece by piece without its leading and trailing white space. */
export class TrimmedPieces {
  private waiting = '';
  private hasBegun = false;

  push(piece: string): void {
    this.waiting += piece;
  }

  /** Text that is certain to be part of the result and was not emitted yet; white space waits for what follows it. */
  drain(): string {
    if (!this.hasBegun) this.waiting = this.waiting.trimStart();
    const text = this.waiting.trimEnd();
    if (text === '') return '';
    this.hasBegun = true;
    this.waiting = this.waiting.slice(text.length);
    return text;
  }
}
