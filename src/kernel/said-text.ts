/** The text and the reasoning of an answer, without anything that was reset. Adding a piece takes constant time. */
export class SaidText {
  private said: string[] = [];
  private thought: string[] = [];
  private saidChars = 0;

  private readonly keepsText: boolean;

  /** `keepsText: false`: pieces are counted, not stored. */
  constructor({ keepsText = true }: { readonly keepsText?: boolean } = {}) {
    this.keepsText = keepsText;
  }

  get text(): string {
    return joined(this.said);
  }

  get reasoning(): string {
    return joined(this.thought);
  }

  /** UTF-16 code units of the text. */
  get chars(): number {
    return this.saidChars;
  }

  say(text: string): void {
    this.saidChars += text.length;
    if (this.keepsText) this.said.push(text);
  }

  think(text: string): void {
    if (this.keepsText) this.thought.push(text);
  }

  /** Replaces the text, whatever pieces arrived before. */
  replace(text: string): void {
    this.saidChars = text.length;
    this.said = this.keepsText ? [text] : [];
  }

  /** Discards everything: another attempt follows. */
  reset(): void {
    this.replace('');
    this.thought = [];
  }
}

/** Joins the pieces in place, and returns the text. */
function joined(pieces: string[]): string {
  if (pieces.length > 1) pieces.splice(0, pieces.length, pieces.join(''));
  return pieces[0] ?? '';
}
