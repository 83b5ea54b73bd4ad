/** The text and the reasoning of an answer, without what was taken back. A piece costs the same however many there are. */
export class SaidText {
  private said: string[] = [];
  private thought: string[] = [];
  private saidChars = 0;

  private readonly keepsText: boolean;

  /** `keepsText: false`: pieces are counted, not kept. */
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

  /** The text is this, whatever was heard of it. */
  replace(text: string): void {
    this.saidChars = text.length;
    this.said = this.keepsText ? [text] : [];
  }

  /** All of it counts no more: another attempt follows. */
  reset(): void {
    this.replace('');
    this.thought = [];
  }
}

/** The pieces as one text, which takes their place. */
function joined(pieces: string[]): string {
  if (pieces.length > 1) pieces.splice(0, pieces.length, pieces.join(''));
  return pieces[0] ?? '';
}
